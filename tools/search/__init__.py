"""Searching over a plan's values: the only room that knows Optuna."""
