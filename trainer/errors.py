"""Three kinds of error: for the person, for the model that called a tool, and bugs (the rest)."""

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


class ToolError(Exception):
    """A tool call that its caller must change: names the argument and what is allowed."""
