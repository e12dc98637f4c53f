"""JSON lines: each line is decoded and parsed by itself, so a bad one costs only itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trainer.data.sources.entries import Entry, entry_reader, kind_of
from trainer.data.sources.json_rows import (
    MAX_DEPTH,
    JsonParser,
    fault,
    keys_twice,
    repeated_keys,
    said_strange,
    said_twice,
    too_deep,
)
from trainer.data.sources.lines import Oversized, bad_bytes, narrow, open_lines
from trainer.data.sources.opened import Gathering, Opened
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Row

FEW = 0.02
"""Share of lines that may be damaged before the file is taken for another encoding than JSON's UTF-8."""


@dataclass
class JsonLines(Opened):
    """A .jsonl file."""

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The objects, one a line."""
        codec, parser, reader = narrow(self.found), JsonParser(), _Careful(narrow(self.found))
        scan, strange, held = parser.scan, parser.strange, Gathering(rows)
        with open_lines(self.blob, self.found, self.notes["line_ends"]) as (lines, position):
            for count, line in enumerate(lines, start=1):
                try:
                    text = str(line, codec)
                    row, end = scan(text, 0)
                except (ValueError, StopIteration, RecursionError):
                    row, end, text = None, 0, ""
                if type(row) is not dict or (end + 1 != len(text) and text[end:].strip()):
                    strange.clear()
                    reader.read(line, count, held)
                else:
                    held.rows.append(row)
                    if strange or text.count(":") != len(row) or text.count("[") >= MAX_DEPTH:
                        _judge(text, row, count, held, strange)
                if len(held.rows) >= rows or len(held.problems) >= rows:
                    yield held.take(position())
            if held.rows or held.problems:
                yield held.take(position())


def _judge(text: str, row: Row, line: int, held: Gathering, strange: list[str]) -> None:
    """Name keys that stand twice and values that are no numbers in the row added last; too deep a row goes."""
    at = held.next_row - 1
    if too_deep(text):
        held.rows.pop()
        held.problems.append(ReadProblem(line, fault(text, RecursionError())))
    elif keys_twice(text, row) and (repeats := repeated_keys(text)):
        held.problems.append(ReadProblem(line, said_twice(repeats), "duplicate_keys", at))
    if strange and held.next_row > at:
        held.problems.append(ReadProblem(line, said_strange(strange), "not_a_number", at))
    strange.clear()


class _Careful:
    """Lines that are not simply one object."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._entry: Entry | None = None

    def read(self, line: bytes, number: int, held: Gathering) -> None:
        """Take the line as a row after all, or name what is wrong with it."""
        if isinstance(line, Oversized):
            held.problems.append(line.problem(number))
            return
        try:
            text = line.decode(self._codec).strip().strip("\ufeff")
        except UnicodeDecodeError:
            held.problems.append(bad_bytes(line, number, self._codec))
            return
        if text:
            self._parse(text, number, held)

    def _parse(self, text: str, number: int, held: Gathering) -> None:
        parser = JsonParser()
        try:
            value = parser.decode(text)
        except (ValueError, RecursionError) as error:
            held.problems.append(ReadProblem(number, fault(text, error)))
            return
        row = self._row(value)
        if row is None:
            held.problems.append(ReadProblem(number, f"is {kind_of(value)}, not an object {{...}}: {text[:40]!r}"))
        elif row:
            held.rows.append(row)
            _judge(text, row, number, held, parser.strange)

    def _row(self, value: Any) -> Row | None:
        if isinstance(value, dict):
            return value
        if self._entry is None and isinstance(value, str | list):
            self._entry = entry_reader(value)
        return self._entry(value) if self._entry else None
