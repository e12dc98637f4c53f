"""A chunk of rows as the rules look at it: cells, examples, texts, all of equal length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

from trainer.data.convert import BUILDABLE, ONE_ANSWER, Example, examples
from trainer.data.doctor.diagnosis import Found
from trainer.data.formats import Shape
from trainer.data.sources.source import Chunk, Row

LONGEST_LOOKED_AT = 200_000
"""Characters of a cell that the text rules look at; the rest of a longer one is passed over."""


def strings_in(value: Any) -> Iterator[str]:
    """Every text inside a cell, however nested; keys are not texts."""
    if isinstance(value, str):
        yield value[:LONGEST_LOOKED_AT]
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings_in(part)


def cells(row: Row) -> Iterator[tuple[str, str]]:
    """(column, text) of every text in a row."""
    for name, value in row.items():
        for text in strings_in(value):
            yield name, text


@dataclass(frozen=True)
class Batch:
    """Rows `first`, `first + 1`, ... with what was made of them."""

    first: int
    rows: list[Row]
    shape: Shape

    @classmethod
    def of(cls, chunk: Chunk, shape: Shape) -> Batch:
        """A chunk under the roles that were found."""
        return cls(chunk.first, chunk.rows, shape)

    @property
    def numbers(self) -> range:
        """The rows' numbers."""
        return range(self.first, self.first + len(self.rows))

    @cached_property
    def examples(self) -> list[Example]:
        """Every row as an example; none where the roles are unclear. `row` counts within the batch."""
        return list(examples(self.rows, self.shape)) if self.shape.format in BUILDABLE else []

    @cached_property
    def texts(self) -> list[str]:
        """All texts of a row in one string, parted by newlines."""
        if self.flat:
            return ["\n".join([v for v in row.values() if type(v) is str]) for row in self.rows]
        return ["\n".join(text for _, text in cells(row)) for row in self.rows]

    @cached_property
    def flat(self) -> bool:
        """Whether every cell is a single value."""
        kinds = set(map(type, chain.from_iterable(map(dict.values, self.rows))))
        return kinds.isdisjoint((dict, list, tuple))

    @cached_property
    def learned(self) -> list[str]:
        """The text a model would see of each row: prompt and answers, or plain text; '' for a faulty row."""
        if not self.examples:
            return self.texts
        if self.shape.format not in ONE_ANSWER:
            return ["" if e.fault else text for e, text in zip(self.examples, self.texts, strict=True)]
        return ["" if e.fault else "\n".join([c for _, c in e.messages]) or e.text for e in self.examples]

    @property
    def compared(self) -> list[str]:
        """What near-duplicates are told by: the text alone where a label is learned."""
        if self.shape.format != "text_label":
            return self.learned
        return ["" if e.fault else e.prompt for e in self.examples]

    @cached_property
    def answers(self) -> list[str]:
        """What the model should write; '' where there is nothing of that kind."""
        return [e.answer for e in self.examples] if self.examples else [""] * len(self.rows)


class Rule(Protocol):
    """One family of findings: sees every batch once, then tells."""

    def see(self, batch: Batch) -> None:
        """Take notice of some rows. Called in the order of the file."""
        ...

    def found(self) -> Sequence[Found]:
        """What applies. Called once, after the last batch."""
        ...
