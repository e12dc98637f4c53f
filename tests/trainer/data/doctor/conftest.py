"""Rows in memory as a source, and an examination of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.doctor.examine import examine
from trainer.data.formats import columns_of, flattened, shape_of
from trainer.data.sources.source import Chunk, Row
from trainer.data.tokenizer import ChatTokenizer


class InMemory:
    """A source of given rows, in chunks of seven so that rules must carry over."""

    def __init__(self, rows: list[Row], kind: str = "jsonl", chunk: int = 7) -> None:
        self.path, self.kind, self.encoding = Path("memory.jsonl"), kind, "utf-8"
        self.size, self.notes = len(rows), dict[str, Any]()
        self._rows, self._chunk = rows, chunk

    def chunks(self, rows: int = 0) -> Iterator[Chunk]:
        for start in range(0, len(self._rows), self._chunk):
            part = self._rows[start : start + self._chunk]
            yield Chunk(start + 1, part, [], start + len(part))


def examined(rows: list[Row], tokenizer: ChatTokenizer | None = None, kind: str = "jsonl", **wanted: str) -> Diagnosis:
    flat = [flattened(row) for row in rows]
    return examine(InMemory(rows, kind), shape_of(columns_of(flat), flat, wanted), tokenizer)


def pairs(texts: list[str], answer: str = "Thank you, we look into it and write to you again, number {}.") -> list[Row]:
    """Questions with answers that differ, so that only the questions decide."""
    return [{"question": t, "answer": answer.format(i)} for i, t in enumerate(texts)]
