"""A part of many rows that stands for all of them: evenly spread, always the same."""

from __future__ import annotations

from typing import Generic, TypeVar

Item = TypeVar("Item")


def spread(items: list[Item], most: int) -> list[Item]:
    """At most `most` items, evenly over the list."""
    step = max(1, -(-len(items) // most))
    return items[::step]


class Spread(Generic[Item]):
    """The same over a stream of unknown length: every n-th item is kept, n doubling whenever `most` are there."""

    def __init__(self, most: int) -> None:
        self.items: list[Item] = []
        self._most, self._every = most, 1
        self.seen = 0

    def add(self, items: list[Item]) -> None:
        """The next items of the stream."""
        start = (-self.seen) % self._every
        self.items += items[start :: self._every]
        self.seen += len(items)
        while len(self.items) > self._most:
            self.items = self.items[::2]
            self._every *= 2
