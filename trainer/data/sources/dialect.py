"""How a table in text is written: delimiter, quotes, lines before its header. Judged on its first lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

_USUAL = ",;\t|"
_RARE = "^:~"
_WHOLE = "\x1f"
"""Delimiter of a table of one column: a character that stands in no text."""
_PREAMBLE = 10
FIELD = 60_000_000
"""Longest cell, in characters."""


@dataclass(frozen=True)
class Dialect:
    """What csv.reader must be told, and where the table begins."""

    delimiter: str = _WHOLE
    quotechar: str | None = '"'
    escapechar: str | None = None
    spaced: bool = False
    """Columns are lined up with runs of spaces."""
    before: int = 0
    """Lines before the header: Excel's sep= line, a title."""

    def options(self, strict: bool = True) -> dict[str, Any]:
        """Keyword arguments of csv.reader."""
        quoting = csv.QUOTE_NONE if self.quotechar is None else csv.QUOTE_MINIMAL
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quotechar or '"',
            "quoting": quoting,
            "escapechar": self.escapechar,
            "doublequote": self.escapechar is None,
            "skipinitialspace": self.spaced,
            "strict": strict,
        }

    @property
    def said(self) -> str:
        """The delimiter in words."""
        return {"\t": "tab", _WHOLE: "none", " ": "space"}.get(self.delimiter, self.delimiter)


@dataclass(frozen=True)
class _Parsed:
    records: list[list[str]]
    failures: int

    def share(self, width: int) -> float:
        """Share of records with so many cells."""
        return sum(len(r) == width for r in self.records) / max(1, len(self.records) + self.failures)

    @property
    def usual(self) -> int:
        """The commonest number of cells."""
        widths = [len(r) for r in self.records]
        return max(set(widths), key=lambda w: (widths.count(w), w)) if widths else 0


def parsed(lines: list[str], dialect: Dialect, strict: bool = True, most: int = 300) -> _Parsed:
    """The first records and how many could not be parsed."""
    csv.field_size_limit(FIELD)
    reader = csv.reader(iter(lines), **dialect.options(strict))
    records: list[list[str]] = []
    failures = 0
    while len(records) < most:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            failures += 1
            continue
        if cells:
            records.append(cells)
    return _Parsed(records, failures)


def sniff(lines: list[str], tabs: bool = False, spaces: bool = False) -> Dialect:
    """The dialect of a table's first lines (with their ends). `tabs`: the ending promises tabs."""
    told = re.fullmatch(r"\s*\"?sep=(.)\"?\s*", lines[0]) if lines else None
    if told:
        return _quoted(Dialect(told[1], before=1), lines[1:])
    if tabs and any("\t" in line for line in lines[:20]):
        return _quoted(Dialect("\t"), lines)
    dialect = _quoted(_delimited(lines, spaces), lines)
    return replace(dialect, before=_preamble(lines, dialect))


def _delimited(lines: list[str], spaces: bool) -> Dialect:
    best = max(((_quality(lines, Dialect(c)), Dialect(c)) for c in _USUAL), key=lambda pair: pair[0])
    if best[0][0] > 0:
        return best[1]
    for delimiter in _RARE:
        kind, share, _ = _quality(lines, Dialect(delimiter))
        if kind > 1 and share >= 0.95 and len(lines) >= 3:
            return Dialect(delimiter)
    aligned = {len(line.split()) for line in lines if line.strip()}
    if spaces and len(lines) >= 3 and len(aligned) == 1 and min(aligned) > 1:
        return Dialect(" ", spaced=True)
    return Dialect()


def _quality(lines: list[str], dialect: Dialect) -> tuple[int, float, int]:
    """(2 when most records are as wide as the first, 1 when they agree on another width, else 0; share; width)."""
    found = parsed(lines, dialect, strict=False)
    first = len(found.records[0]) if found.records else 0
    if first > 1 and (found.share(first) >= 0.3 or len(found.records) < 4):
        return 2, found.share(first), first
    if found.usual > 1 and found.share(found.usual) >= 0.8:
        return 1, found.share(found.usual), found.usual
    return 0, 0.0, first


def _preamble(lines: list[str], dialect: Dialect) -> int:
    """Lines of a title before the header: narrower than the table, which is the same width throughout."""
    found = parsed(lines, dialect, strict=False)
    width = found.usual
    if width < 2 or not found.records or len(found.records[0]) >= width or found.share(width) < 0.7:
        return 0
    if all(not r[-1] for r in found.records if len(r) == width):
        return 0  # every line ends with a delimiter; the header doesn't
    for count, line in enumerate(lines[: _PREAMBLE + 1]):
        if len(next(csv.reader([line], **dialect.options(strict=False)), [])) == width:
            return count
    return 0


def _quoted(dialect: Dialect, lines: list[str]) -> Dialect:
    """The way of quoting that parses most records to the table's width; the usual one unless it fails."""
    usual = parsed(lines, dialect)
    lost = _lost(usual)
    best, least = dialect, lost
    for other in _quotings(dialect, "".join(lines)):
        found = parsed(lines, other)
        failed = _lost(found)
        if found.usual >= min(2, usual.usual) and failed < least and (lost >= 3 or lost > len(lines) / 3):
            best, least = other, failed
    return best


def _lost(found: _Parsed) -> int:
    """Records that fail, or that are not as wide as the first one (as most, where that is a title)."""
    first = len(found.records[0]) if found.records else 0
    width = first if first > 1 else found.usual
    return found.failures + sum(len(r) != width for r in found.records)


def _quotings(dialect: Dialect, text: str) -> Iterator[Dialect]:
    if '\\"' in text:
        yield replace(dialect, escapechar="\\")
    if '"' not in text and re.search(rf"(?:^|{re.escape(dialect.delimiter)})'[^'\n]*'", text, re.MULTILINE):
        yield replace(dialect, quotechar="'")
    if '"' in text and dialect.delimiter in "\t|^":
        yield replace(dialect, quotechar=None)
