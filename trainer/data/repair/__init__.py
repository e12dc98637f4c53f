"""Repairs as data: typed steps that are shown, approved, and applied to a new file."""
