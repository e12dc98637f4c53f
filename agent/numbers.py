"""Every number a model puts into words must stand in the record it was given."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")


def numbers(text: str) -> set[float]:
    """The numbers in a text; thousands separators are read as such."""
    found = set()
    for match in _NUMBER.findall(text):
        try:
            found.add(float(match.replace(",", "").rstrip(".")))
        except ValueError:
            continue
    return found


def invented(text: str, record: str) -> set[float]:
    """Numbers in the text that the record does not hold (small counts up to 3 aside)."""
    known = numbers(record)
    return {n for n in numbers(text) if n not in known and not (n.is_integer() and 0 <= n <= 3)}
