"""How the file is laid out: line breaks inside cells, hard-wrapped text."""

from __future__ import annotations

from array import array

from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found
from trainer.data.sources.source import Row

SHEETS = ("csv", "tsv", "ssv", "xlsx", "folder")
"""Kinds of sources that people open in a spreadsheet."""
WRAPPED = (40, 90)
"""Characters of a line that was wrapped by hand."""


ENOUGH = 20_000
"""Rows after which line breaks in cells are no longer looked for where nobody reads by line."""


def _broken(row: Row) -> bool:
    return any("\n" in value for value in row.values() if type(value) is str)


class Layout:
    """Oddities of the file's form."""

    def __init__(self, kind: str) -> None:
        self._sheet = kind in SHEETS
        self._seen = 0
        self._newlines = array("Q")
        self._lines: list[int] = []

    def see(self, batch: Batch) -> None:
        """Cells with line breaks; lengths of lines of plain text."""
        self._seen += len(batch.rows)
        if batch.shape.format == "text":
            self._lines += [len(line) for t in batch.texts[:200] for line in t.split("\n")][: 2000 - len(self._lines)]
        elif batch.flat and (self._sheet or self._seen <= ENOUGH):
            found = [n for n, row in zip(batch.numbers, batch.rows, strict=True) if _broken(row)]
            self._newlines.extend(found)

    def found(self) -> list[Found]:
        """What a person should know about the form."""
        out = []
        if self._newlines and (self._sheet or len(self._newlines) < 0.5 * self._seen):
            out.append(Found("embedded_newlines", len(self._newlines), self._newlines))
        inner = [n for n in self._lines if n]
        wrapped = [n for n in inner if WRAPPED[0] <= n <= WRAPPED[1]]
        if len(inner) > 50 and len(wrapped) > 0.5 * len(inner) and max(inner) <= 2 * WRAPPED[1]:
            out.append(Found("hard_wraps", len(inner), (), {"longest": sorted(inner)[round(0.9 * len(inner)) - 1]}))
        return out
