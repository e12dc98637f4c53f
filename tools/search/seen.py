"""A search's trainings as its strategy reads them: what was seen, and what is chosen next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tools.orders import Objective


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
    seconds: float | None = None
    """Of training."""
    size: int | None = None
    """Numbers that it moves."""

    def cost(self, objective: Objective) -> float:
        """What is to be small; infinite where it is not known."""
        found = {"loss": self.value, "time": self.seconds, "size": self.size}[objective]
        return math.inf if found is None else float(found)

    @property
    def whole(self) -> bool:
        """Whether its loss may be the search's result."""
        return self.share == 1.0 and self.state == "complete" and self.purpose != "again"


def beaten(one: Seen, them: Iterable[Seen], goals: Sequence[Objective]) -> int:
    """How many are no worse in anything, and better in something."""
    mine = [one.cost(goal) for goal in goals]
    costs = ([t.cost(goal) for goal in goals] for t in them)
    return sum(c != mine and all(a <= b for a, b in zip(c, mine, strict=True)) for c in costs)


@dataclass(frozen=True)
class Choice:
    """The next training."""

    values: dict[str, Any]
    share: float
    purpose: str
    of: int | None = None
