"""Which rows made each step, and how surprising each was: a line a step in the run's `steps.jsonl`.

{"step": 12, "rows": [7, 301, ...], "losses": [0.41, ...]} after each optimizer step, the rows of all its passes in the
order they came; `losses` is the mean negative log-likelihood of each row's trained tokens, where the method computes
it row by row (sft and cpt). At a validation the same with "eval": true. Each process of a job writes its own rows, the
first into `steps.jsonl`, the others beside it. Lines of steps that a resumed run made again stand twice; the later
ones count.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from trainer.records import append

COLUMN = "row_numbers"


class Named:
    """A collator that leaves the rows' numbers in the batch; everything else is the collator's own."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, features: list[dict[str, Any]]) -> Any:
        """The inner collator's batch, with the numbers where every row has one."""
        batch = self.inner(features)
        if isinstance(batch, dict) and all("row" in feature for feature in features):
            batch[COLUMN] = torch.tensor([int(feature["row"]) for feature in features])
        return batch

    def __getattr__(self, name: str) -> Any:
        """Whatever else is asked of the collator."""
        return getattr(self.inner, name)


def taken(inputs: Any) -> list[int]:
    """The rows' numbers, taken out of a batch: no loss knows them. Prompts of online methods come as a list of rows."""
    if isinstance(inputs, list):
        return [int(row["row"]) for row in inputs if "row" in row]
    numbers = inputs.pop(COLUMN, None)
    return [] if numbers is None else [int(n) for n in numbers.tolist()]


class Ledger:
    """Gathers the passes of a step and writes its line."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.forget()

    def forget(self) -> None:
        """A step was begun and not ended, or is written."""
        self.rows: list[int] = []
        self.losses: list[float] = []

    def add(self, rows: list[int], losses: list[float]) -> None:
        """One pass; losses may be missing, and are then missing for the whole step."""
        self.rows += rows
        self.losses += losses

    def write(self, step: int, **more: Any) -> None:
        """The line of a step."""
        if self.rows:
            known = {"losses": [round(x, 4) for x in self.losses]} if len(self.losses) == len(self.rows) else {}
            append(self.file, {"step": step, **more, "rows": self.rows, **known})
        self.forget()
