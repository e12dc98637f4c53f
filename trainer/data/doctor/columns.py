"""Columns over the whole file: kinds, holes, distinct values, mixed types, the order of keys."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from trainer.data.convert import as_text
from trainer.data.doctor.diagnosis import Found
from trainer.data.formats import flattened
from trainer.data.sources.source import Row
from trainer.facts import Column

Kind = Literal["text", "number", "bool", "list", "object", "mixed", "empty"]
_KINDS: dict[type, Kind] = {str: "text", bool: "bool", int: "number", list: "list", dict: "object"}
_EMPTY: tuple[Any, ...] = (None, "", [], {})
MANY_ORDERS = 100
"""Different orders of keys after which no more are kept."""
REMEMBERED = 200_000
"""Rows of a minority kind that are remembered by number."""


def kind_of(value: Any) -> Kind:
    """A cell's kind."""
    return _KINDS.get(type(value)) or ("number" if isinstance(value, float | int) else "text")


class ColumnFacts:
    """What is known of one column after any number of rows. Memory: 8 bytes a row."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.filled = 0
        self.chars = 0
        self.kinds: Counter[Kind] = Counter()
        self.odd: dict[Kind, array[int]] = {}
        self.holes = array("Q")
        self.examples: dict[str, None] = {}
        self._hashes: list[np.ndarray] = []

    def see(self, values: list[Any], first: int) -> None:
        """The column's cells of consecutive rows."""
        types = set(map(type, values))
        self._kinds(values, first, types)
        texts = _texts(values, types)
        self.chars += sum(map(len, texts))
        hashes = np.fromiter(map(hash, texts), np.int64, len(texts))
        self._hashes.append(np.unique(hashes))
        if len(self.examples) < 3:
            self.examples |= dict.fromkeys([t[:80] for t in texts[:50] if t.strip()][: 3 - len(self.examples)])

    def _kinds(self, values: list[Any], first: int, types: set[type]) -> None:
        if len(types) == 1 and (types == {int} or (types == {str} and "" not in values)):
            self.filled += len(values)
            self.kinds[kind_of(values[0])] += len(values)
            return
        for number, value in enumerate(values, start=first):
            if value in _EMPTY:
                if len(self.holes) < REMEMBERED:
                    self.holes.append(number)
                continue
            kind = kind_of(value)
            self.filled += 1
            self.kinds[kind] += 1
            rows = self.odd.setdefault(kind, array("Q"))
            if len(rows) < REMEMBERED:
                rows.append(number)

    @property
    def distinct(self) -> int:
        """Different values, empty ones not counted."""
        if not self._hashes:
            return 0
        self._hashes = [np.unique(np.concatenate(self._hashes))]
        return len(self._hashes[0]) - int(np.isin(hash(""), self._hashes[0]))

    def column(self) -> Column:
        """The facts as they are shown."""
        kinds = [k for k, n in self.kinds.items() if n]
        return Column(
            name=self.name,
            kind=kinds[0] if len(kinds) == 1 else ("mixed" if kinds else "empty"),
            filled=self.filled,
            distinct=self.distinct,
            mean_chars=round(self.chars / self.filled, 1) if self.filled else 0.0,
            examples=tuple(self.examples),
        )

    def minority(self) -> tuple[str, str, list[int]] | None:
        """(usual kind, the others, their rows) when a column holds more than one kind."""
        if len(self.kinds) < 2:
            return None
        (usual, _), *others = self.kinds.most_common()
        rows = sorted(row for kind, _ in others for row in self.odd.get(kind, ()))
        return usual, " or ".join(kind for kind, _ in others), rows


def _texts(values: list[Any], types: set[type]) -> list[str]:
    """Cells as texts; numbers by the quick way."""
    if types == {str}:
        return values
    return list(map(str, values)) if types == {int} else [as_text(v) for v in values]


def _by_column(rows: list[Row]) -> tuple[set[tuple[str, ...]], dict[str, list[Any]]]:
    """(the orders of keys, every column's cells)."""
    orders = set(map(tuple, rows))
    names = dict.fromkeys(name for order in orders for name in order)
    if len(orders) == 1:
        return orders, {name: list(map(itemgetter(name), rows)) for name in names}
    return orders, {name: [row.get(name) for row in rows] for name in names}


def _flat(rows: list[Row], nested: set[str]) -> list[Row]:
    """Rows with nested objects as dotted columns; an object among texts stays, so that it can be told."""
    mixed = {name for row in rows for name in nested if type(row.get(name)) not in (dict, type(None))}
    kept = [{name: row[name] for name in mixed if name in row} for row in rows]
    return [
        flattened({k: v for k, v in row.items() if k not in mixed}) | more for row, more in zip(rows, kept, strict=True)
    ]


class Columns:
    """All columns of a file."""

    def __init__(self) -> None:
        self.rows = 0
        self.facts: dict[str, ColumnFacts] = {}
        self.orders: set[tuple[str, ...]] = set()

    def see(self, rows: list[Row], first: int) -> None:
        """Consecutive rows as they were read."""
        self.rows += len(rows)
        orders, cells = _by_column(rows)
        if len(self.orders) < MANY_ORDERS:
            self.orders |= orders
        nested = {name for name, values in cells.items() if dict in set(map(type, values))}
        if nested:
            _, cells = _by_column(_flat(rows, nested))
        for name, values in cells.items():
            if name not in self.facts:
                self.facts[name] = ColumnFacts(name)
            self.facts[name].see(values, first)

    def columns(self) -> list[Column]:
        """Every column's facts, in the order of their first appearance."""
        return [facts.column() for facts in self.facts.values()]

    def found(self) -> Iterator[Found]:
        """Holes, empty columns, mixed kinds."""
        for facts in self.facts.values():
            yield from self._of_column(facts)
        if any(set(a) == set(b) and a != b for a in self.orders for b in self.orders):
            yield Found("column_order", len(self.orders), (), {"orders": len(self.orders)})

    def _of_column(self, facts: ColumnFacts) -> Iterator[Found]:
        holes = self.rows - facts.filled
        if facts.filled == 0:
            yield Found("empty_column", self.rows, (), {"column": facts.name})
        elif holes:
            share = f"{100 * holes / self.rows:.0f}"
            yield Found("missing_values", holes, facts.holes, {"column": facts.name, "share": share})
        if odd := facts.minority():
            yield Found("mixed_types", len(odd[2]), odd[2], {"column": facts.name, "usual": odd[0], "odd": odd[1]})
