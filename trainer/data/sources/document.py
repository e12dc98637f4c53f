"""A JSON document: its rows may be a list, stand under a key, be keyed by id, or be columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from trainer.data.sources.entries import entry_reader, kind_of
from trainer.data.sources.json_rows import (
    JsonParser,
    depth_over,
    fault,
    keys_twice,
    repeated_keys,
    said_strange,
    said_twice,
)
from trainer.data.sources.marks import Doubled, Strange, marked, unmarked
from trainer.data.sources.opened import Opened, gathered
from trainer.data.sources.records import Records, records_of
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Row
from trainer.errors import UserFacingError

WHOLE = 100_000_000
"""Largest document read whole, in bytes; larger ones are streamed."""


@dataclass
class JsonDocument(Opened):
    """A .json file of up to WHOLE bytes. `line` numbers of its problems count entries."""

    records: Records = field(default_factory=lambda: Records([], ""))
    problems: list[ReadProblem] = field(default_factory=list)
    doubtful: bool = False
    """Keys may stand twice, or numbers be none: every row is looked at."""

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The entries as rows."""
        self._done = 0
        yield from gathered(self._items(), rows, lambda: self._done)

    def _items(self) -> Iterator[Row | ReadProblem]:
        entries = self.records.entries
        read = entry_reader(_typical(entries))
        number = 0
        for place, entry in enumerate(entries, start=1):
            self._done = self.size * place // len(entries)
            row = read(entry) if read else None
            if row is None:
                words = f"(entry {place} of the list) is {kind_of(entry)}, unlike the others"
                yield ReadProblem(place, words)
                continue
            if not row and isinstance(entry, list):
                continue
            number += 1
            yield from self._judged(row, place, number)
        yield from self.problems

    def _judged(self, row: Row, place: int, number: int) -> Iterator[Row | ReadProblem]:
        if not self.doubtful:
            yield row
            return
        seen: list[Doubled | Strange] = []
        yield unmarked(row, seen)
        for mark in seen[:1]:
            if isinstance(mark, Doubled):
                yield ReadProblem(place, said_twice(mark.repeats), "duplicate_keys", number)
            else:
                yield ReadProblem(place, said_strange([str(m) for m in seen]), "not_a_number", number)


def _typical(entries: list[Any]) -> Any:
    """The first entry of the commonest kind among the first hundred."""
    kinds = [type(entry) for entry in entries[:100]]
    usual = max(set(kinds), key=kinds.count) if kinds else None
    return next((entry for entry in entries if type(entry) is usual), None)


@dataclass
class Loaded:
    """A document's rows, what follows them that can't be read, and whether rows need a closer look."""

    records: Records
    problems: list[ReadProblem]
    doubtful: bool = False


def load(text: str, name: str) -> Loaded:
    """The rows of a JSON text; raises UserFacingError when it holds none."""
    parser = JsonParser()
    try:
        document = parser.decode(text)
        doubtful = bool(parser.strange) or (keys_twice(text, document) and bool(repeated_keys(text)))
        document = marked(text) if doubtful else document
    except RecursionError:
        line = text.count("\n", 0, depth_over(text) or 0) + 1
        raise UserFacingError(f"is nested too deeply at line {line}", name, "Flatten it.") from None
    except ValueError as error:
        return _salvaged(text, name, error)
    records = records_of(document, name)
    if entry_reader(_typical(records.entries)) is None:
        raise UserFacingError("the list holds values that are not objects", name, "Make each entry an object {...}.")
    return Loaded(records, [], doubtful)


def _salvaged(text: str, name: str, error: ValueError) -> Loaded:
    """The whole entries before the place where a document breaks off."""
    start = len(text) - len(text.lstrip())
    listed = text[start : start + 1] == "["
    decoder, entries, at = json.JSONDecoder(parse_float=None), [], start + listed
    while at < len(text):
        at = _past(text, at, " \t\r\n," if listed else " \t\r\n")
        try:
            entry, at = decoder.raw_decode(text, at)
        except ValueError as broken:
            if text[at:].strip() not in ("", "]"):
                error = broken
            break
        entries.append(entry)
    entries = [entry for entry in entries if isinstance(entry, dict)]
    if not entries or (len(entries) < 2 and not listed):
        raise UserFacingError(f"is not whole JSON ({error})", name, "Export the file again, or use .jsonl.") from None
    return Loaded(Records(entries, ""), _broken(text, at, error))


def _past(text: str, at: int, letters: str) -> int:
    while at < len(text) and text[at] in letters:
        at += 1
    return at


def _broken(text: str, at: int, error: ValueError) -> list[ReadProblem]:
    if at >= len(text):
        return []
    position = getattr(error, "pos", at)
    line = text.count("\n", 0, position) + 1
    begun = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    here = text[begun : end if end >= 0 else len(text)]
    message = getattr(error, "msg", str(error))
    words = fault(here, json.JSONDecodeError(message, here, position - begun))
    return [ReadProblem(line, f"{words}; what follows is not read")]
