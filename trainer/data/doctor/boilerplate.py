"""The same lines at the end or the beginning of many rows: signatures, disclaimers.

Candidates come from the first rows; the rest is counted against them, so memory stays small.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter

from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found

LEARNED_FROM = 20_000
"""Rows from which repeated lines are learned."""
SHORTEST = 18
"""Letters of a line that can be boilerplate."""
SHARE = 0.02
"""Share of the rows that must hold a line, at least FEWEST of them."""
FEWEST = 8
INSTRUCTION = 0.5
"""A line under more prompts than this share is the task's instruction, not boilerplate."""
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+")


def edges(text: str) -> list[str]:
    """The last three lines (sentences, where the text is one line); nothing of a text of one line and sentence."""
    parts = [p.strip() for p in text.split("\n") if p.strip()]
    if len(parts) == 1:
        parts = [p.strip() for p in _SENTENCE.split(parts[0])]
    return [p for p in dict.fromkeys(parts[1:][-3:]) if len(p) >= SHORTEST]


def openings(text: str) -> list[str]:
    """The first line of a text of several."""
    first, more, _ = text.strip().partition("\n")
    return [first.strip()] if more and len(first.strip()) >= SHORTEST else []


class Boilerplate:
    """Repeated lines at the edges of answers and at the ends of prompts."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._kept: list[tuple[int, list[str]]] = []
        self._lines: set[str] | None = None
        self._rows = array("Q")
        self._seen = 0

    def see(self, batch: Batch) -> None:
        """Edges of every text that is learned from or asked."""
        if self._lines is not None and not self._lines:
            return
        for number, example in zip(batch.numbers, batch.examples, strict=False):
            if example.fault:
                continue
            self._seen += 1
            asked = [e for role, c in example.messages if role == "user" for e in edges(c)]
            said = [e for role, c in example.messages if role == "assistant" for e in [*openings(c), *edges(c)]]
            self._asked.update(set(asked) if self._lines is None else ())
            self._take(number, [*asked, *said])

    def _take(self, number: int, lines: list[str]) -> None:
        if self._lines is not None:
            if not self._lines.isdisjoint(lines):
                self._rows.append(number)
            return
        self._counts.update(set(lines))
        self._kept.append((number, lines))
        if len(self._kept) >= LEARNED_FROM:
            self._decide()

    def _decide(self) -> None:
        least, most = max(FEWEST, SHARE * len(self._kept)), INSTRUCTION * len(self._kept)
        self._lines = {line for line, n in self._counts.items() if n >= least and self._asked[line] <= most}
        for number, lines in self._kept:
            if not self._lines.isdisjoint(lines):
                self._rows.append(number)
        self._kept = []

    @property
    def lines(self) -> list[str]:
        """The repeated lines, the most frequent first."""
        if self._lines is None:
            self._decide()
        return sorted(self._lines or (), key=lambda line: -self._counts[line])

    def found(self) -> list[Found]:
        """Rows that begin or end with a repeated line."""
        if not self.lines:
            return []
        facts = {"lines": len(self.lines), "shown": self.lines[0][:80], "all": self.lines[:200]}
        return [Found("boilerplate", len(self._rows), self._rows, facts)]
