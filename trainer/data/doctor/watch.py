"""Progress of a long look, and the way to end it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from trainer.errors import UserFacingError
from trainer.facts import DataFinding


class Cancelled(UserFacingError):
    """The person ended it."""

    def __init__(self) -> None:
        super().__init__("stopped by you; nothing was changed")


@dataclass(frozen=True)
class Progress:
    """How far a step has come. `done` and `total` are in the same unit (bytes or rows)."""

    step: str
    done: int
    total: int
    seconds: float
    """Since the beginning of the whole look."""
    findings: tuple[DataFinding, ...] = ()
    """What the first pass has found already."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, self.done / max(1, self.total))


Watch = Callable[[Progress], None]
"""Is told of progress a few times a second. Raises Cancelled to end the look."""
EVERY = 0.2
"""Seconds between two reports."""


class Reporter:
    """Passes progress on, not too often."""

    def __init__(self, watch: Watch | None) -> None:
        self._watch = watch
        self._began = time.monotonic()
        self._told = 0.0
        self._findings: tuple[DataFinding, ...] = ()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Report, if it is time again."""
        now = time.monotonic()
        if self._watch and now - self._told >= EVERY:
            self._told = now
            self._watch(Progress(step, done, total, now - self._began, self._findings))

    def found(self, findings: tuple[DataFinding, ...]) -> None:
        """The first pass is over: these findings are shown from now on."""
        self._findings, self._told = findings, 0.0
