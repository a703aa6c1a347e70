"""cursus-tui: a debugger for machine-learning pipelines that lives in the terminal."""

__version__ = "0.1.0"
