"""Checks before and after a run: findings with a hint for each."""
