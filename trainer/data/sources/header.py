"""Whether the first record of a table names its columns, and names that are unique."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

_NUMBER = re.compile(r"\s*[-+]?[\d.,\s]*\d\s*%?\s*")
_DATE = re.compile(r"\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T]\d{1,2}:\d{2}.*)?\s*")
_FEW = 0.2
"""A column with fewer different values than this share of its rows holds labels."""


def unique(names: Sequence[Any]) -> tuple[list[str], list[str]]:
    """(a name for every column, the names that stood twice). Nameless columns are counted."""
    out: list[str] = []
    twice: list[str] = []
    for place, given in enumerate(names, start=1):
        name = str(given) if given is not None and str(given).strip() else f"column_{place}"
        if name in out:
            twice.append(name)
            name = next(n for i in range(2, len(names) + 3) if (n := f"{name}_{i}") not in out and n not in names)
        out.append(name)
    return out, twice


def has_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first record names the columns; only plain evidence speaks against it."""
    rest = [row for row in rest if len(row) == len(first)][:200]
    columns = list(zip(*rest, strict=True)) if rest else []
    if not rest or _counted(first):
        return True
    if any(not cell.strip() for cell in first):
        return True
    return not (_same_kind(first, columns) or _label_again(first, columns) or _sentences(first, columns))


def _counted(first: Sequence[str]) -> bool:
    """Years, or numbers counted up, head a table of figures."""
    numbers = [int(cell) for cell in first if cell.strip().isdecimal()]
    steps = {b - a for a, b in pairwise(numbers)}
    return len(numbers) > 1 and steps == {1} and (numbers[0] in (0, 1) or 1900 <= numbers[0] <= 2100)


def _same_kind(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Where all below are numbers or dates, so is the first cell: in every such column."""
    found = False
    for cell, column in zip(first, columns, strict=True):
        for pattern in (_NUMBER, _DATE):
            filled = [v for v in column if v.strip()]
            if filled and all(pattern.fullmatch(v) for v in filled):
                if not pattern.fullmatch(cell):
                    return False
                found = True
    return found


def _label_again(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """The first cell of a column of labels is one of the labels."""
    for cell, column in zip(first, columns, strict=True):
        values = set(column)
        if cell.strip() and cell in values and 1 < len(values) <= max(2, _FEW * len(column)) and len(column) >= 5:
            return True
    return False


def _sentences(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Every first cell is a sentence like those below it."""
    if len(first) < 2 or len(columns[0]) < 3:
        return False
    return all(
        len(cell.split()) >= 4 and cell.rstrip()[-1:] in ".!?。！？\"')" and len(cell) >= 0.4 * _median(column)
        for cell, column in zip(first, columns, strict=True)
    )


def _median(column: Sequence[str]) -> int:
    return sorted(map(len, column))[len(column) // 2]
