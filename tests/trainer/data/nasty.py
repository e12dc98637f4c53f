"""Nasty files, written by script, each with what must come of it: rows, encoding, findings, values unchanged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.trainer.data.clean import tickets

Row = dict[str, Any]


@dataclass(frozen=True)
class Nasty:
    """A file and what a person must meet."""

    path: Path
    rows: int | None = None
    """Rows that must be read; None where that is a matter of taste."""
    encoding: tuple[str, ...] = ()
    """One of these stands in the encoding's name."""
    rules: tuple[str, ...] = ()
    """Findings that must appear."""
    silent: tuple[str, ...] = ()
    """Findings that would be false alarms."""
    formats: tuple[str, ...] = ()
    """One of these is the format."""
    says: tuple[str, ...] = ()
    """Each stands in what is shown, in the finding's words or the error's (case ignored)."""
    outcome: str = "read"
    """read, refused (one sentence) or either."""
    values: tuple[tuple[int, str, Any], ...] = ()
    """(row, column, value) that must survive identically."""
    whole: tuple[Row, ...] = ()
    """All rows, identically, where they are known."""
    hides: tuple[str, ...] = ()
    """Must not stand in the report."""
    escaped: tuple[str, ...] = ()
    """Must not stand raw in the words for a person."""
    heavy: bool = False
    """Run in a process of its own, whose memory is bounded."""


Writer = Callable[[Path], Nasty]
CASES: dict[str, Writer] = {}


def case(write: Writer) -> Writer:
    """Register a case under its function's name."""
    CASES[write.__name__] = write
    return write


def pairs(count: int, seed: int = 11) -> list[tuple[str, str]]:
    """Clean questions and answers."""
    return [(t.message, t.reply) for t in tickets(count, seed)]


def csv_text(rows: Iterable[Iterable[Any]], delimiter: str = ",", end: str = "\n") -> str:
    """Rows as a CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def put(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """Write a file, line ends as given."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def jsonl(path: Path, rows: Iterable[Any]) -> Path:
    """Write rows as JSONL."""
    return put(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def write_all(folder: Path, heavy: bool = False) -> dict[str, Nasty]:
    """Every case, each in a folder of its own."""
    load()
    found = {}
    for name, write in CASES.items():
        (folder / name).mkdir(parents=True)
        if heavy or not name.startswith("huge_"):
            found[name] = write(folder / name)
    return found


def load() -> dict[str, Writer]:
    """All cases; the modules that hold them are imported here."""
    from tests.trainer.data import nasty_files, nasty_json, nasty_tables  # noqa: F401

    return CASES
