"""The workspace: run store, artifacts, settings, retention."""
