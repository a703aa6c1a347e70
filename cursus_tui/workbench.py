"""The one composition root: builds a session with its data process and checks, for every face."""
