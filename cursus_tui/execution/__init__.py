"""Running a pipeline: session, plan, breakpoints, step processes, data flow."""
