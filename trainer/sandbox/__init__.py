"""A room for programs nobody trusts: they run in a process of their own, behind several walls, and are scored.

`run.py` is the outside. `child.py` is what runs inside, started without site packages; beside the standard library it
imports only this room (`walls.py`, `guard.py`, `grading.py`, `same.py`).
"""
