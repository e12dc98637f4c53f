"""Excel workbooks: the largest sheet, and others with the same header. Cells keep their type, dates become ISO text."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from trainer.data.sources.blob import Blob, allowed
from trainer.data.sources.header import has_header, unique
from trainer.data.sources.opened import Opened, gathered
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Row
from trainer.errors import UserFacingError

_TITLES = 10
"""Rows above the table that may be a title."""
_FORMULA = re.compile(rb"<f[ >/]")
Cells = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Where a sheet's table is."""

    sheet: str
    header: tuple[str, ...]
    begins: int
    """The first row of data, from 1."""
    rows: int
    formulas: bool
    named: bool


@dataclass
class Workbook(Opened):
    """A .xlsx file; notes['sheets'] names the sheets that are read. `line` numbers count a sheet's rows."""

    tables: list[Table] = field(default_factory=list)

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The rows of the sheets, one after another."""
        self._row, self._seen = 1, 0
        total = sum(t.rows for t in self.tables) + 1
        with self.blob.on_disk() as path:
            for table in self.tables:
                for chunk in gathered(self._items(path, table), rows, lambda: self.size * self._seen // total):
                    name = table.sheet if len(self.tables) > 1 else ""
                    yield Chunk(self._row, chunk.rows, _shifted(chunk, self._row, name), chunk.done, name)
                    self._row += len(chunk.rows)

    def _items(self, path: Path, table: Table) -> Iterator[Row | ReadProblem]:
        count = 0
        with _book(path, True, self.blob.name) as shown, _book(path, False, self.blob.name) as written:
            cells = _rows(shown, table.sheet, table.begins)
            formulas = _rows(written, table.sheet, table.begins) if table.formulas else iter(())
            for number, (row, other) in enumerate(zip_longest(cells, formulas, fillvalue=()), start=table.begins):
                self._seen += 1
                values = [_value(c) for c in row]
                if all(v is None or v == "" for v in values) and not any(c.data_type == "f" for c in other):
                    continue
                count += 1
                yield _as_row(values, table.header)
                if named := [n for n, c in zip(table.header, other, strict=False) if c.data_type == "f"]:
                    what = f"has a formula in {', '.join(named)}; its last value is used"
                    yield ReadProblem(number, what, "formula_cells", count)


def _shifted(chunk: Chunk, first: int, sheet: str) -> list[ReadProblem]:
    """Problems whose row counts over all sheets."""
    shift = first - chunk.first
    return [
        ReadProblem(p.line, p.what, p.rule, None if p.row is None else p.row + shift, sheet) for p in chunk.problems
    ]


def _as_row(values: list[Any], header: tuple[str, ...]) -> Row:
    values = values[: len(header)] + [None] * (len(header) - len(values))
    return dict(zip(header, values, strict=True))


def _value(cell: Any) -> Any:
    value = cell.value
    if isinstance(value, datetime.datetime):
        timed = value.time() != datetime.time() or any(c in str(cell.number_format).lower() for c in "hs")
        return value.isoformat(sep=" ") if timed else value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def tables_of(blob: Blob) -> tuple[list[Table], list[str]]:
    """(the tables that are read, the sheets that are not)."""
    with blob.on_disk() as path:
        _refuse_bomb(path, blob)
        with _book(path, True, blob.name) as book:
            found = [t for name in _names(book) if (t := _table(book, name, path)) is not None]
    if not found:
        raise UserFacingError("has 0 rows", blob.name, "Put a header and at least two rows into a sheet.")
    largest = max(found, key=lambda t: t.rows)
    chosen = [t for t in found if t.header == largest.header and t.named]
    return chosen or [largest], [t.sheet for t in found if t not in (chosen or [largest])]


def _refuse_bomb(path: Path, blob: Blob) -> None:
    limit, why = allowed(path.stat().st_size)
    with zipfile.ZipFile(path) as archive:
        size = sum(item.file_size for item in archive.infolist())
    if size > limit:
        raise UserFacingError(
            f"grows to {size / 1e6:.0f} MB when unpacked ({why})", blob.name, "Save it as CSV if you trust it."
        )


@contextmanager
def _book(path: Path, values: bool, name: str) -> Iterator[Any]:
    import openpyxl

    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=values, keep_links=False)
            yield book
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise UserFacingError(f"is not a whole Excel file ({str(error)[:80]})", name, "Save it again.") from None


def _names(book: Any) -> list[str]:
    return [sheet.title for sheet in book.worksheets]


def _rows(book: Any, sheet: str, begins: int) -> Iterator[Cells]:
    pages = book[sheet]
    pages.reset_dimensions()  # what the file says of its size is often wrong
    rows: Iterator[Cells] = pages.iter_rows(min_row=begins)
    return rows


def _table(book: Any, sheet: str, path: Path) -> Table | None:
    """The sheet's header: its first row as wide as the table; None for an empty sheet."""
    first = [[_value(c) for c in row] for row in islice(_rows(book, sheet, 1), 100)]
    filled = [(n, _trimmed(row)) for n, row in enumerate(first, start=1) if _trimmed(row)]
    if not filled:
        return None
    width = max(len(row) for _, row in filled)
    begins, top = next((n, row) for n, row in filled[:_TITLES] + filled if 2 * len(row) > width)
    rest = [["" if v is None else str(v) for v in row] for n, row in filled if n > begins]
    named = has_header(["" if v is None else str(v) for v in top], rest)
    header = tuple(unique([*top, *[""] * (width - len(top))] if named else [""] * width)[0])
    rows, formulas = _counted(path, book[sheet]._worksheet_path)
    return Table(sheet, header, begins + named, rows, formulas, named)


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] in (None, ""):
        row = row[:-1]
    return row


def _counted(path: Path, member: str) -> tuple[int, bool]:
    """(rows, whether there are formulas) of a sheet, by its XML."""
    rows, formulas, tail = 0, False, b""
    with zipfile.ZipFile(path) as archive, archive.open(member) as xml:
        while block := xml.read(1 << 20):
            text = tail + block
            rows += text.count(b"<row") - tail.count(b"<row")
            formulas = formulas or _FORMULA.search(text) is not None
            tail = text[-4:]
    return rows, formulas
