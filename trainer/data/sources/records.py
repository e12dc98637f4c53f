"""Where the rows of a JSON document are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trainer.errors import UserFacingError

_DEPTH = 4
"""Levels of keys under which a list of rows is looked for."""


@dataclass(frozen=True)
class Records:
    """The entries that become rows, and the key they stood under ('' for the document itself)."""

    entries: list[Any]
    key: str
    left: tuple[str, ...] = ()
    """Other keys with lists of rows, which are not read."""


def records_of(document: Any, name: str) -> Records:
    """The rows of a list, of a list under a key, of objects by id, of an object of lists or of columns."""
    if isinstance(document, list):
        return Records(document, "")
    if isinstance(document, dict):
        for find in (_split, _columns, _listed, _by_id):
            if (found := find(document)) is not None:
                return found
    raise UserFacingError(
        "I find no list of rows in it", name, "Put the rows into one list of objects: [{...}, {...}]."
    )


def _split(document: dict[str, Any]) -> Records | None:
    """{"columns": [...], "data": [[...], ...]}, as pandas writes it."""
    names, cells = document.get("columns"), document.get("data")
    if not isinstance(names, list) or not isinstance(cells, list) or not all(isinstance(n, str) for n in names):
        return None
    if not cells or not all(isinstance(row, list) and len(row) == len(names) for row in cells):
        return None
    return Records([dict(zip(names, row, strict=True)) for row in cells], "data")


def _columns(document: dict[str, Any]) -> Records | None:
    """An object of equally long lists, or of objects numbered alike."""
    values = list(document.values())
    if len(values) > 1 and all(isinstance(v, dict) and v.keys() == values[0].keys() for v in values):
        if values[0] and all(k.isdecimal() for k in values[0]):
            return Records([{n: v[k] for n, v in document.items()} for k in values[0]], "")
        return None
    lists = {k: v for k, v in document.items() if isinstance(v, list)}
    if not lists or len({len(v) for v in lists.values()}) != 1 or any(map(_rows, lists.values())):
        mixed = len(lists) > 1 and len(lists) == len(values) and not all(map(_rows, lists.values()))
        if not mixed or len({len(v) for v in lists.values()}) != 1:
            return None
    if not len(next(iter(lists.values()))):
        return None
    return Records([dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)], "")


def _rows(value: Any) -> bool:
    """Whether most of a list are objects."""
    return isinstance(value, list) and bool(value) and sum(isinstance(v, dict) for v in value) * 2 > len(value)


def _listed(document: dict[str, Any]) -> Records | None:
    """The longest list of objects under a key, outermost keys first."""
    if _alike(document):
        return None
    for depth in range(1, _DEPTH + 1):
        lists = sorted(_lists(document, depth), key=lambda pair: len(pair[1]), reverse=True)
        if lists:
            return Records(lists[0][1], lists[0][0], tuple(key for key, _ in lists[1:]))
    return None


def _lists(document: dict[str, Any], depth: int) -> Iterator[tuple[str, list[Any]]]:
    for key, value in document.items():
        if depth == 1 and _rows(value):
            yield key, value
        elif depth > 1 and isinstance(value, dict):
            yield from ((f"{key}.{inner}", rows) for inner, rows in _lists(value, depth - 1))


def _alike(document: dict[str, Any]) -> bool:
    """Whether the values are objects that share most of their keys: rows under their ids."""
    values = list(document.values())
    if len(values) < 2 or not all(isinstance(v, dict) for v in values):
        return False
    first = values[0].keys()
    return all(2 * len(first & v.keys()) >= max(1, len(first | v.keys())) for v in values[1:50])


def _by_id(document: dict[str, Any]) -> Records | None:
    """Objects under their ids; the id is kept as a column."""
    if not document or not all(isinstance(v, dict) for v in document.values()):
        return None
    if any("id" in row for row in document.values()):
        return Records(list(document.values()), "")
    return Records([{"id": key, **row} for key, row in document.items()], "")
