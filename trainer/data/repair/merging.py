"""Several files as one source: the rows of the second follow those of the first, and so do their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer.data.sources.source import CHUNK, Chunk, Source
from trainer.errors import UserFacingError


class Merged:
    """A source made of sources. Row and line numbers run on."""

    def __init__(self, parts: list[Source]) -> None:
        self.parts = parts
        self.path: Path = parts[0].path
        self.kind = parts[0].kind
        self.encoding = parts[0].encoding
        self.size = sum(part.size for part in parts)
        self.notes: dict[str, Any] = {**parts[0].notes, "parts": [str(part.path) for part in parts]}
        self.first_rows = float("inf")
        """Rows of the first part; known before the second part's first row is given."""

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The rows of all parts. Raises UserFacingError when their columns have nothing to do with each other."""
        at, done, columns = 0, 0, set[str]()
        for number, part in enumerate(self.parts):
            mine, read = set[str](), 0
            for chunk in part.chunks(rows):
                mine |= {name for row in chunk.rows for name in row}
                _alike(part, mine, columns, number)
                yield _moved(chunk, at, done)
                read = max(read, chunk.first + len(chunk.rows) - 1)
            at, done, columns = at + read, done + part.size, columns | mine
            if number == 0:
                self.first_rows = read


def _alike(part: Source, mine: set[str], before: set[str], number: int) -> None:
    if number and mine and before and not mine & before:
        raise UserFacingError(
            f"has other columns ({', '.join(sorted(mine)[:6])}) than the file it shall follow",
            part.path.name,
            f"Rename them to {', '.join(sorted(before)[:6])} first (map_columns).",
        )


def _moved(chunk: Chunk, at: int, done: int) -> Chunk:
    problems = [replace(p, row=None if p.row is None else p.row + at) for p in chunk.problems]
    return replace(chunk, first=chunk.first + at, problems=problems, done=chunk.done + done)
