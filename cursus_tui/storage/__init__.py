"""The workspace: its layout and owner, the run store, retention."""
