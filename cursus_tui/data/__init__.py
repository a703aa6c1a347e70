"""Looking at data: the data process and its client."""
