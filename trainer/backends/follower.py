"""A run as all processes but the first see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.backends import ranks
from trainer.runs import Run, Status


class Follower(Run):
    """They read the run and write nothing; the first one writes for all."""

    def event(self, kind: str, **facts: Any) -> None:
        """The first process tells what happens."""

    def set_status(self, status: Status, **facts: Any) -> None:
        """The first process tells how it stands."""


def view(folder: Path) -> Run:
    """The run as this process may use it."""
    return Run(folder) if ranks.is_main() else Follower(folder)
