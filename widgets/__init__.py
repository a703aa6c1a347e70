"""Textual widgets that know nothing of pipelines."""
