"""A search's trainings as its strategy reads them: what was seen, and what is chosen next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Seen:
    """A training of the search so far."""

    number: int
    values: dict[str, Any]
    state: Literal["running", "complete", "pruned", "fail"]
    value: float | None = None
    """The lowest validation loss that was seen."""
    share: float = 1.0
    purpose: str = "sample"
    of: int | None = None
    """The training that it carries further, or repeats."""
    losses: tuple[float, ...] = ()
    """Validation losses, one a look."""

    @property
    def whole(self) -> bool:
        """Whether its loss may be the search's result."""
        return self.share == 1.0 and self.state == "complete" and self.purpose != "again"


@dataclass(frozen=True)
class Choice:
    """The next training."""

    values: dict[str, Any]
    share: float
    purpose: str
    of: int | None = None
