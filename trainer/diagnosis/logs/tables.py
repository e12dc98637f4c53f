"""Logs that are tables: CSV and TSV exports, and what a notebook shows while it trains."""

import csv
import io
import re

from trainer.diagnosis.logs.names import field
from trainer.diagnosis.logs.rows import LogUnreadable, Row

_BARS = re.compile(r"\s*\|\s*")
_RULE = re.compile(r"^[\s|:+-]+$")
_CLUES = ("loss", "eval_loss", "learning_rate", "grad_norm", "reward")


def table_rows(text: str) -> list[Row]:
    """Rows of a table with a header that names a metric; [] where the text is none.

    Raises LogUnreadable for a table whose numbers can't be read.
    """
    lines = [line for line in text.splitlines() if line.strip() and not _RULE.match(line)]
    if len(lines) < 2:
        return []
    for start in range(min(len(lines) - 1, 20)):
        for cells in _ways(lines[start]):
            if len(cells) > 1 and any(field(c) in _CLUES for c in cells):
                return _body(cells, lines[start:], start)
    return []


def _ways(line: str) -> list[list[str]]:
    """The cells of a line, by each delimiter that a table may have."""
    ways = [next(csv.reader(io.StringIO(line), delimiter=mark), []) for mark in ",\t;"]
    if "|" in line:
        ways.append(_BARS.split(line.strip().strip("|")))
    return sorted(([c.strip() for c in way] for way in ways), key=len, reverse=True)


def _body(header: list[str], lines: list[str], first: int) -> list[Row]:
    rows: list[Row] = []
    for at, line in enumerate(lines[1:], start=first + 2):
        cells = next((way for way in _ways(line) if len(way) == len(header)), None)
        if cells is None:
            if rows and not any(ch.isdigit() for ch in line):
                break  # text after the table
            raise LogUnreadable(
                "A row of the table has another number of cells than its header",
                f"line {at}: {line.strip()[:60]!r}, {len(header)} cells are named",
                "mend or remove that line",
            )
        rows.append(dict(zip(header, (_without(c) for c in cells), strict=True)))
    return rows


def _without(cell: str) -> str | None:
    """Cells a tool leaves open: 'No log' (transformers' notebook), '-', empty."""
    return None if cell.casefold() in ("", "no log", "-", "none", "n/a") else cell.replace(",", "")
