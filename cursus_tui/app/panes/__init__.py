"""The panes of the main screen, one a file: each shows one situation and knows its verbs."""
