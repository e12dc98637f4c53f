"""What all readers have in common: the facts about a file, and rows gathered into chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.data.encoding import Encoding
from trainer.data.sources.blob import Blob
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Row


@dataclass
class Opened:
    """A file that was looked at and can be read; each kind has its own `chunks`."""

    blob: Blob
    kind: str
    found: Encoding
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file a person named."""
        return self.blob.path

    @property
    def encoding(self) -> str:
        """The encoding's name; the kind's for binary formats."""
        return self.found.name

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.blob.size

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The rows in order."""
        raise NotImplementedError


@dataclass
class Gathering:
    """Rows and problems on their way into a chunk."""

    most: int
    first: int = 1
    rows: list[Row] = field(default_factory=list)
    problems: list[ReadProblem] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Time to hand over a chunk."""
        return len(self.rows) >= self.most or len(self.problems) >= self.most

    @property
    def next_row(self) -> int:
        """The number the next row gets."""
        return self.first + len(self.rows)

    def take(self, done: int) -> Chunk:
        """The chunk, and a fresh start after it."""
        chunk = Chunk(self.first, self.rows, self.problems, done)
        self.first, self.rows, self.problems = self.next_row, [], []
        return chunk


def gathered(items: Iterable[Row | ReadProblem], most: int, done: Callable[[], int]) -> Iterator[Chunk]:
    """Chunks of rows and problems in order; `done` is asked how far the source was read."""
    held = Gathering(most)
    for item in items:
        if isinstance(item, ReadProblem):
            held.problems.append(item)
        else:
            held.rows.append(item)
        if held.full:
            yield held.take(done())
    if held.rows or held.problems:
        yield held.take(done())
