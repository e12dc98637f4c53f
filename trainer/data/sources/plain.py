"""Plain text and Markdown: a row a line, or a row a paragraph where blank lines part them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainer.data.sources.lines import Oversized, bad_bytes, narrow, open_lines
from trainer.data.sources.opened import Opened, gathered
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Row

_LONGEST = 1_000_000
"""A paragraph is cut after this many characters, at a line end."""
_PROSE = 20
"""Lines below which blank ones part nothing."""


def is_wrapped(lines: list[str]) -> bool:
    """Whether blank lines part paragraphs, by the first lines of a file."""
    return len(lines) > _PROSE and any(not line.strip() for line in lines[:-1])


@dataclass
class PlainText(Opened):
    """A .txt or .md file; notes['wrapped'] says whether a row is a paragraph."""

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """Rows of one column, text."""
        with open_lines(self.blob, self.found, self.notes["line_ends"]) as (lines, position):
            texts = self._texts(lines)
            yield from gathered(_paragraphs(texts) if self.notes["wrapped"] else _lines(texts), rows, position)

    def _texts(self, lines: Iterator[bytes]) -> Iterator[str | ReadProblem]:
        codec = narrow(self.found)
        for number, line in enumerate(lines, start=1):
            if isinstance(line, Oversized):
                yield line.problem(number)
                continue
            try:
                yield str(line, codec).removesuffix("\n").removesuffix("\r")
            except UnicodeDecodeError:
                yield bad_bytes(line, number, codec)


def _lines(items: Iterator[str | ReadProblem]) -> Iterator[Row | ReadProblem]:
    for item in items:
        if isinstance(item, ReadProblem):
            yield item
        elif item.strip():
            yield {"text": item}


def _paragraphs(items: Iterator[str | ReadProblem]) -> Iterator[Row | ReadProblem]:
    held: list[str] = []
    size = 0
    for item in items:
        if isinstance(item, ReadProblem):
            yield item
            continue
        if item:
            held.append(item)
            size += len(item)
        if held and (size > _LONGEST or not item):
            yield from _paragraph(held)
            held, size = [], 0
    yield from _paragraph(held)


def _paragraph(lines: list[str]) -> Iterator[Row]:
    if any(line.strip() for line in lines):
        yield {"text": "\n".join(lines)}
