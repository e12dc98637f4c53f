"""The error that speaks to a person. A model's faulty call is told in words; anything else is a bug."""

from __future__ import annotations


class UserFacingError(Exception):
    """Something the person can mend: what is wrong, where, and how to mend it."""

    def __init__(self, problem: str, where: str = "", fix: str = "") -> None:
        self.problem, self.where, self.fix = problem, where, fix
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Everything in one line, ready to be shown."""
        head = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{head.rstrip('.')}. {self.fix}".strip() if self.fix else f"{head.rstrip('.')}."
