"""What every kind of file looks like to the rest: rows in chunks, with what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Row = dict[str, Any]
CHUNK = 4000
"""Rows in a chunk: enough to work on columns at once, few enough to stay small in memory."""


@dataclass(frozen=True)
class ReadProblem:
    """Something odd met while reading. Where `row` is None the line became no row: it is set aside."""

    line: int
    """Line of the file (row of the sheet or table), from 1."""
    what: str
    """Ends the sentence 'Line 7 ...'."""
    rule: str = "unreadable_lines"
    """unreadable_lines, bad_bytes, ragged_rows, stray_quote, duplicate_keys, not_a_number, oversized_lines."""
    row: int | None = None
    file: str = ""
    """The part a folder's or an archive's problem is in."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows. Row numbers count from 1 over the whole source, in the order of the file."""

    first: int
    rows: list[Row]
    problems: list[ReadProblem] = field(default_factory=list)
    done: int = 0
    """How far the source was read, in the unit of its size: for progress."""
    file: str = ""
    """The part of a folder or archive the rows come from; a chunk never mixes two."""


class Source(Protocol):
    """A file (or folder, archive, table) that gives rows. Reading it twice gives the same rows."""

    @property
    def path(self) -> Path:
        """The file or folder a person named."""
        ...

    @property
    def kind(self) -> str:
        """csv, tsv, json, jsonl, parquet, arrow, xlsx, text, pdf, folder, zip."""
        ...

    @property
    def encoding(self) -> str:
        """utf-8, utf-8-sig, windows-1252 (guessed), ...; the kind's name for binary formats."""
        ...

    @property
    def size(self) -> int:
        """Bytes on disk, or what `done` counts up to."""
        ...

    @property
    def notes(self) -> dict[str, Any]:
        """What else a person should know: delimiter, line_ends, wrapped, key, sheets, parts, sampled_share.

        Also header ("none"), renamed (names that stood twice), preamble (lines above the header), quotes, ending
        (when the content is not what the ending says), left_out (name -> why).
        """
        ...

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The rows in order. Raises UserFacingError when the source can't be read at all."""
        ...
