"""The main screen and the questions that are asked on top of it."""
