"""A JSON document read again with marks on what is odd in it: keys that stand twice, values that are no numbers."""

from __future__ import annotations

import json
from typing import Any

from trainer.data.sources.numbers import number


class Strange(str):
    """NaN, Infinity or -Infinity."""


class Doubled(dict[str, Any]):
    """An object in whose text a key stood twice."""

    repeats: list[tuple[str, Any, Any]]


def marked(text: str) -> Any:
    """The document with its marks."""
    return json.loads(text, object_pairs_hook=_pairs, parse_constant=Strange, parse_float=number)


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(items)
    if len(plain) == len(items):
        return plain
    doubled, first = Doubled(plain), dict[str, Any]()
    doubled.repeats = []
    for key, value in items:
        if key in first:
            doubled.repeats.append((key, first[key], value))
        first.setdefault(key, value)
    return doubled


def unmarked(value: Any, seen: list[Doubled | Strange]) -> Any:
    """The value without marks; they are added to `seen`."""
    if isinstance(value, Strange):
        seen.append(value)
        return str(value)
    if isinstance(value, Doubled):
        seen.insert(0, value)
    if isinstance(value, dict):
        return {key: unmarked(item, seen) for key, item in value.items()}
    return [unmarked(item, seen) for item in value] if isinstance(value, list) else value
