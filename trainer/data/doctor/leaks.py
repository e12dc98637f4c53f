"""Rows of one part that give away rows of another: near-duplicates and customers on both sides of a split."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found
from trainer.data.formats import Shape

TRAIN = {"train", "training", "tr", "0"}


class Parts:
    """Which part of a ready-made split, and which customer, each row belongs to."""

    def __init__(self, shape: Shape) -> None:
        self._split = shape.extras.get("split")
        self._group = shape.extras.get("group")
        self._part: dict[str, int] = {}
        self._rows = array("Q")
        self._parts = array("H")
        self._groups: dict[int, set[int]] = {}
        self._members: dict[int, array[int]] = {}

    def see(self, batch: Batch) -> None:
        """The split and group columns, where the file has them."""
        if not self._split:
            return
        for number, row in zip(batch.numbers, batch.rows, strict=True):
            part = self._part.setdefault(str(row.get(self._split)).strip().lower(), len(self._part))
            self._rows.append(number)
            self._parts.append(min(part, 65535))
            if self._group and row.get(self._group) not in (None, ""):
                key = hash(str(row[self._group]))
                self._groups.setdefault(key, set()).add(part)
                self._members.setdefault(key, array("Q")).append(number)

    def found(self, groups: Sequence[Sequence[int]]) -> list[Found]:
        """Leaks across the file's own split. `groups` are rows that say the same."""
        if len(self._part) < 2 or len(self._part) > 6:
            return []
        names = {i: name for name, i in self._part.items()}
        side = {number: names[p] for number, p in zip(self._rows, self._parts, strict=True)}
        rows = leaked(groups, side)
        out = [Found("split_leak", len(rows), rows, {"where": f"the split column {self._split}"})] if rows else []
        shared = [key for key, parts in self._groups.items() if len(parts) > 1]
        if shared:
            members = sorted(n for key in shared for n in self._members[key])
            facts = {"groups": len(shared), "column": self._group}
            out.append(Found("group_leak", len(members), members, facts))
        return out


def leaked(groups: Sequence[Sequence[int]], side: Mapping[int, str]) -> list[int]:
    """Rows outside training that say the same as a training row."""
    out = []
    for group in groups:
        sides = {side.get(number) for number in group}
        if len(sides - {None}) > 1 and sides & TRAIN:
            out += [n for n in group if side.get(n) not in TRAIN and n in side]
    return sorted(out)
