"""Texts inside a row, however deep: found, changed on a copy, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from trainer.data.reading import Row

Path = tuple[str | int, ...]
WHO = frozenset({"role", "from"})
"""Keys of a turn that say who speaks: never content."""


def top_column(row: Row, column: str) -> str | None:
    """The column of the row as it was read that a flattened name ('userInput.text') lies in."""
    if column in row:
        return column
    parts = column.split(".")
    tops = (".".join(parts[:n]) for n in range(len(parts) - 1, 0, -1))
    return next((top for top in tops if isinstance(row.get(top), dict)), None)


def cells(row: Row, columns: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Every text of the columns with the way to it."""
    for column in columns:
        if column in row:
            yield from _texts(row[column], (column,))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in WHO:
                yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _texts(inner, (*path, i))


def put(value: Any, path: Path, text: Any) -> Any:
    """A copy in which one place holds another value; everything else is the same object."""
    if not path:
        return text
    first, rest = path[0], path[1:]
    if isinstance(value, list):
        assert isinstance(first, int)
        return [*value[:first], put(value[first], rest, text), *value[first + 1 :]]
    return value | {first: put(value[first], rest, text)}


Change = tuple[Path, str, str]


def mapped(row: Row, columns: Iterable[str], change: Callable[[str], str]) -> tuple[Row, list[Change]]:
    """The row with every text changed by a function, and what changed (path, before, after)."""
    out, changes = row, []
    for path, text in cells(row, columns):
        new = change(text)
        if new != text:
            out = put(out, path, new)
            changes.append((path, text, new))
    return out, changes


def at(row: Row, column: str) -> Any:
    """The value of a flattened column name; None where the row has none."""
    if column in row:
        return row[column]
    top = top_column(row, column)
    value: Any = row.get(top) if top else None
    for part in column[len(top) + 1 :].split(".") if top else ():
        value = value.get(part) if isinstance(value, dict) else None
    return value
