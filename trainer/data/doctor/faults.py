"""Rows that can't be trained on, and conversations whose turns are out of order."""

from __future__ import annotations

from array import array
from collections import defaultdict

from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found

KINDS = ("empty", "unknown_role", "no_answer", "broken_text")


class Faults:
    """Rows by the fault their example carries."""

    def __init__(self) -> None:
        self._rows: dict[str, array[int]] = defaultdict(lambda: array("Q"))

    def see(self, batch: Batch) -> None:
        """Faults and notes of the examples."""
        for number, example in zip(batch.numbers, batch.examples, strict=False):
            if example.fault:
                self._rows[f"rows_{example.fault}"].append(number)
            elif "role_order" in example.notes:
                self._rows["role_order"].append(number)

    def found(self) -> list[Found]:
        """One finding a kind of fault."""
        return [Found(rule, len(rows), rows) for rule, rows in sorted(self._rows.items())]
