"""Debugging inside a step: the hub between the step's debugger, the terminal and IDEs. Nothing here imports debugpy."""
