"""Rows that can't be trained on, and conversations whose turns are out of order."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict

from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found
from trainer.data.more.marks import unreviewed


class Faults:
    """Rows by the fault their example carries."""

    def __init__(self) -> None:
        self._rows: dict[str, array[int]] = defaultdict(lambda: array("Q"))
        self._roles: Counter[str] = Counter()

    def see(self, batch: Batch) -> None:
        """Faults and notes of the examples; new rows that nobody has looked at yet."""
        if any("synthetic" in name for name in batch.rows[0]):
            waiting = [n for n, row in zip(batch.numbers, batch.rows, strict=True) if unreviewed(row)]
            self._rows["unreviewed_rows"].extend(waiting)
        for number, example in zip(batch.numbers, batch.examples, strict=False):
            if example.fault:
                self._rows[f"rows_{example.fault}"].append(number)
                self._roles.update(n.removeprefix("role:") for n in example.notes if n.startswith("role:"))
            elif "role_order" in example.notes:
                self._rows["role_order"].append(number)

    def found(self) -> list[Found]:
        """One finding a kind of fault."""
        named = ", ".join(f"{name[:40]!r} {n:,}" for name, n in self._roles.most_common(5))
        facts = {"roles": named or "no name"}
        return [Found(rule, len(rows), rows, facts) for rule, rows in sorted(self._rows.items()) if rows]
