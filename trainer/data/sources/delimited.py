"""CSV and its kin, record by record: values stay text, and a line that is wrong costs only itself."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from trainer.data.sources.dialect import FIELD, Dialect
from trainer.data.sources.lines import Oversized, bad_bytes, narrow, open_lines
from trainer.data.sources.opened import Gathering, Opened
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem

OPEN_QUOTE = 5000
"""Lines after which a quote that was opened is taken for a stray one."""
_FORMULA = re.compile(
    r"\s*(?:=\s*[-+]?(?:[A-Za-z][\w.]*[(|!]|\$?[A-Za-z]{1,3}\$?\d|\d|[\"'])|@[A-Za-z.]+\(|[-+@=]\S*\|')"
)


@dataclass
class Delimited(Opened):
    """A table in text."""

    dialect: Dialect = field(default_factory=Dialect)
    header: list[str] = field(default_factory=list)
    named: bool = True
    """Whether the first record is the header."""

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The records under the header; every value is text."""
        csv.field_size_limit(FIELD)
        with open_lines(self.blob, self.found, self.notes["line_ends"]) as (lines, position):
            feed = _Feed(lines, narrow(self.found), self.dialect.before)
            records = _Records(feed, self.dialect, self.header, self.named)
            held = Gathering(rows)
            while records.add_next(held):
                if held.full:
                    yield held.take(position())
            if held.rows or held.problems:
                yield held.take(position())


def formula_in(cells: list[str], header: list[str]) -> str:
    """The name of the first column whose cell a spreadsheet would run as a formula; '' when none."""
    return next((name for name, cell in zip(header, cells, strict=False) if _FORMULA.match(cell)), "")


class _Taken(NamedTuple):
    number: int
    text: str
    fault: ReadProblem | None


class _Feed:
    """Lines for csv.reader; remembers those of the record being read and takes some of them back."""

    def __init__(self, lines: Iterator[bytes], codec: str, skip: int) -> None:
        self._lines, self._codec, self._number = lines, codec, 0
        self._back: deque[_Taken] = deque()
        self.taken: list[_Taken] = []
        self.faulty = False
        for _ in range(skip):
            next(lines, b"")
            self._number += 1

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.taken) > OPEN_QUOTE:
            raise StopIteration
        line = self._back.popleft() if self._back else self._decoded(next(self._lines))
        self.taken.append(line)
        self.faulty = self.faulty or line.fault is not None
        return line.text

    def _decoded(self, line: bytes) -> _Taken:
        self._number += 1
        if isinstance(line, Oversized):
            return _Taken(self._number, "", line.problem(self._number))
        try:
            return _Taken(self._number, str(line, self._codec), None)
        except UnicodeDecodeError:
            text = line.decode(self._codec, "replace")
            return _Taken(self._number, text, bad_bytes(line, self._number, self._codec))

    def begin(self) -> None:
        """A new record begins."""
        self.taken.clear()
        self.faulty = False

    def give_back(self) -> None:
        """All lines of the record but its first are to be read anew."""
        self._back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


class _Records:
    def __init__(self, feed: _Feed, dialect: Dialect, header: list[str], named: bool) -> None:
        self._feed, self._dialect, self._header, self._skip = feed, dialect, header, named
        self._reader = csv.reader(feed, **dialect.options())

    def add_next(self, held: Gathering) -> bool:
        """Read one record into a row or a problem; False at the end."""
        feed = self._feed
        feed.begin()
        try:
            cells = next(self._reader)
        except StopIteration:
            return False
        except csv.Error as error:
            self._mend(held, str(error))
            return True
        if feed.faulty:
            held.problems.extend(line.fault for line in feed.taken if line.fault)
        elif len(cells) == len(self._header) and not self._skip:
            self._row(cells, held)
        elif cells and not (len(cells) == 1 and not cells[0].strip()):
            self._odd(cells, held)
        return True

    def _row(self, cells: list[str], held: Gathering) -> None:
        if any("=" in line.text or "@" in line.text or "|'" in line.text for line in self._feed.taken):
            self._formula(cells, held)
        held.rows.append(dict(zip(self._header, cells, strict=True)))

    def _formula(self, cells: list[str], held: Gathering) -> None:
        if column := formula_in(cells, self._header):
            what = f"has a cell in {column} that a spreadsheet would run as a formula"
            held.problems.append(ReadProblem(self._feed.taken[0].number, what, "formula_cells", held.next_row))

    def _odd(self, cells: list[str], held: Gathering) -> None:
        """The header, or a record of another width."""
        if self._skip:
            self._skip = False
        elif len(self._feed.taken) > 1 and any(self._alone(line.text) for line in self._feed.taken[1:]):
            self._mend(held, "")
        elif len(cells) == len(self._header) + 1 and not cells[-1]:
            self._row(cells[:-1], held)  # a delimiter at the end of the line holds nothing
        else:
            what = f"{len(cells)} fields, {len(self._header)} expected"
            held.problems.append(ReadProblem(self._feed.taken[-1].number, what, "ragged_rows"))

    def _alone(self, text: str) -> bool:
        """Whether a line is a whole record by itself."""
        try:
            return len(next(csv.reader([text], **self._dialect.options()), [])) == len(self._header)
        except csv.Error:
            return False

    def _mend(self, held: Gathering, error: str) -> None:
        """Read what a stray quote swallowed line by line; the line with the quote itself is named."""
        first, swallowed = self._feed.taken[0], len(self._feed.taken) - 1
        self._feed.give_back()
        if first.fault:
            held.problems.append(first.fault)
            return
        cells = self._loosely(first.text)
        if cells is None or len(cells) != len(self._header):
            held.problems.append(_stray(first.number, swallowed, error))
            return
        what = f"has text after a closing quote; it is read as {cells!r}"[:160]
        held.problems.append(ReadProblem(first.number, what, "stray_quote", held.next_row))
        self._row(cells, held)

    def _loosely(self, text: str) -> list[str] | None:
        """A line whose quotes are closed, though not well; None where one stays open."""
        try:
            one = next(csv.reader([text], **self._dialect.options(strict=False)), [])
            two = list(csv.reader([text, '"\n'], **self._dialect.options(strict=False)))
        except csv.Error:
            return None
        return one if len(two) == 2 else None


def _stray(number: int, swallowed: int, error: str) -> ReadProblem:
    if "new-line" in error:
        return ReadProblem(number, "holds a bare carriage return outside quotes", "unreadable_lines")
    end = f"closes {swallowed} lines later" if swallowed else "is not closed"
    if "end of data" in error:
        end = "is never closed"
    return ReadProblem(number, f"a quote opens here and {end}: is one missing?", "stray_quote")
