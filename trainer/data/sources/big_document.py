"""A JSON document too large to hold: its rows are picked out while it streams by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from trainer.data.encoding import Encoding
from trainer.data.sources.blob import Blob
from trainer.data.sources.entries import kind_of
from trainer.data.sources.lines import recoded
from trainer.data.sources.numbers import number
from trainer.data.sources.opened import Opened, gathered
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Row
from trainer.errors import UserFacingError

_LOOKED_AT = 300_000
"""Parser events after which it is decided which list holds the rows."""


@dataclass
class BigDocument(Opened):
    """A .json file read as a stream; notes['key'] is the path of the list ('' for objects by id)."""

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The objects of the list."""
        with self.blob.opened() as (stream, position):
            yield from gathered(self._items(_utf8(stream, self.found)), rows, position)

    def _items(self, stream: BinaryIO) -> Iterator[Row | ReadProblem]:
        import ijson

        prefix, place = self.notes["prefix"], 0
        entries = ijson.items(stream, prefix) if prefix else ijson.kvitems(stream, "")
        try:
            for place, entry in enumerate(entries, start=1):
                yield _row(entry if prefix else entry[1], place, None if prefix else entry[0])
        except ijson.JSONError as error:
            yield ReadProblem(place + 1, f"(entry of the list) is not whole JSON: {str(error)[:80]}")


def _row(entry: Any, place: int, key: str | None) -> Row | ReadProblem:
    if not isinstance(entry, dict):
        return ReadProblem(place, f"(entry {place} of the list) is {kind_of(entry)}, not an object")
    row: Row = _numbers(entry)
    return row if key is None or "id" in row else {"id": key, **row}


def _numbers(value: Any) -> Any:
    """Decimals as floats that remember how they were written."""
    if isinstance(value, Decimal):
        return number(str(value))
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list) else value


def prefix_of(blob: Blob, found: Encoding) -> str:
    """The path of the list with most objects at the beginning of a document; '' for objects by id."""
    import ijson

    counts: Counter[str] = Counter()
    with blob.opened() as (stream, _):
        try:
            for prefix, event, _value in islice(ijson.parse(_utf8(stream, found)), _LOOKED_AT):
                if event == "start_map":
                    counts[prefix] += 1
        except ijson.JSONError as error:
            if not counts:
                raise UserFacingError(f"is not JSON ({str(error)[:80]})", blob.name, "Export it again.") from None
    lists = {p: n for p, n in counts.items() if p.split(".")[-1:] == ["item"] and p.split(".").count("item") == 1}
    return max(lists, key=lambda p: lists[p]) if lists else ""


def _utf8(stream: BinaryIO, found: Encoding) -> BinaryIO:
    stream.read(found.mark)
    return stream if found.codec == "utf-8" else recoded(stream, found.codec)
