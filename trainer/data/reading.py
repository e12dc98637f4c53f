"""The front door to data files for those who want all rows at once.

CSV values stay text ('007' stays '007'); JSON values keep their JSON type. Nothing is dropped
silently: what could not be read is listed with its line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from trainer.data.sources import ReadProblem, Row, fingerprint, open_source
from trainer.errors import UserFacingError

__all__ = ["ReadProblem", "Row", "Table", "fingerprint", "peek", "read"]

PEEK_BYTES = 50_000_000
PEEK_ROWS = 500_000
"""Of a larger file only the first rows are looked at for a conversation."""


@dataclass(frozen=True)
class Table:
    """Rows as read. Row numbers count from 1 in the order of the file."""

    path: Path
    kind: str
    encoding: str
    fingerprint: str
    bytes: int
    rows: list[Row]
    problems: list[ReadProblem] = field(default_factory=list)


def read(path: Path) -> Table:
    """Read a file or folder whole; raises UserFacingError when nothing in it can be used."""
    source = open_source(path)
    rows: list[Row] = []
    problems: list[ReadProblem] = []
    for chunk in source.chunks():
        rows += chunk.rows
        problems += chunk.problems
    if not rows:
        raise nothing(path, problems)
    return Table(path, source.kind, source.encoding, fingerprint(path), source.size, rows, problems)


def nothing(path: Path, problems: list[ReadProblem]) -> UserFacingError:
    """The sentence for a source without a row."""
    if problems:
        first = problems[0]
        return UserFacingError(
            f"no row could be read; line {first.line} {first.what}", path.name, "Mend the file, or export it again."
        )
    return UserFacingError("has 0 rows", path.name, "Add at least two rows under the header.")


def peek(path: Path) -> tuple[list[str], int | None]:
    """Columns and row count for a conversation's sake; ([], None) when that would be dear or fails.

    Of a folder, and of more than PEEK_ROWS rows, the count is None.
    """
    try:
        stat = path.stat()
        return _peeked(path, stat.st_mtime_ns) if stat.st_size <= PEEK_BYTES else ([], None)
    except (OSError, UserFacingError):
        return [], None


@lru_cache(maxsize=16)
def _peeked(path: Path, changed: int) -> tuple[list[str], int | None]:
    names: dict[str, None] = {}
    count = 0
    for chunk in open_source(path).chunks():
        names |= dict.fromkeys(name for row in chunk.rows[:100] for name in row)
        count += len(chunk.rows)
        if path.is_dir() or count > PEEK_ROWS:
            return list(names), None
    if not count:
        raise UserFacingError("has 0 rows", path.name)
    return list(names), count
