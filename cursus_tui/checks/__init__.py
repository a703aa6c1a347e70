"""Opening a pipeline, and findings before a run, with a hint for each."""
