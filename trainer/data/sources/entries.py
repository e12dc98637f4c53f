"""Entries of a JSON list or of lines -> rows: objects, texts, or lists of cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trainer.data.sources.header import unique
from trainer.data.sources.source import Row

Entry = Callable[[Any], Row | None]
_NAMES = {str: "a text", bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "an object"}


def entry_reader(first: Any) -> Entry | None:
    """How to make rows of entries like the first one; None when they are no rows."""
    if isinstance(first, str):
        return lambda entry: {"text": entry} if isinstance(entry, str) else None
    if isinstance(first, list) and first and not any(isinstance(v, dict | list) for v in first):
        return _Cells(first)
    return (lambda entry: entry if isinstance(entry, dict) else None) if isinstance(first, dict) else None


class _Cells:
    """Lists of cells under a first list of names, or under numbers."""

    def __init__(self, first: list[Any]) -> None:
        named = all(isinstance(v, str) and 0 < len(v) <= 40 for v in first) and len(set(first)) == len(first)
        self._names = unique(first if named else [""] * len(first))[0]
        self._header = first if named else None

    def __call__(self, entry: Any) -> Row | None:
        if not isinstance(entry, list) or len(entry) != len(self._names):
            return None
        if self._header is not None and entry is self._header:
            return {}
        return dict(zip(self._names, entry, strict=True))


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    return "nothing (null)" if value is None else _NAMES.get(type(value), "a number")
