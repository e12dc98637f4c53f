"""What a run recorded of its rows: the steps they made and how surprising they were there.

Written by `trainer.methods.dealt`, one file a process; a step that a resumed run made again counts once, as it was made
last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.diagnosis.history import number
from trainer.records import read_from


@dataclass(frozen=True)
class Step:
    """The rows of an optimizer step (or of a validation after it), with the mean loss of each where it is known."""

    step: int
    rows: tuple[int, ...]
    losses: tuple[float, ...] = ()


def read_steps(folder: Path, evaluations: bool = False) -> list[Step]:
    """All steps of a run's folder in their order; [] for a run that recorded none."""
    found: dict[int, list[dict[str, Any]]] = {}
    for file in sorted(folder.glob("steps*.jsonl")):
        own = {row["step"]: row for row in read_from(file)[0] if bool(row.get("eval")) == evaluations and "step" in row}
        for step, row in own.items():
            found.setdefault(step, []).append(row)
    return [_joined(step, parts) for step, parts in sorted(found.items())]


def _joined(step: int, parts: Sequence[dict[str, Any]]) -> Step:
    """The parts of all processes; losses only where each part has them."""
    rows = tuple(int(n) for part in parts for n in part.get("rows", ()))
    losses = tuple(number(x) for part in parts for x in part.get("losses", ()))
    return Step(step, rows, losses if len(losses) == len(rows) else ())
