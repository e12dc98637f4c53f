"""One JSON text -> a value, quickly; the odd ones are looked at again, slowly and exactly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import JSONDecoder
from typing import Any

from trainer.data.sources.numbers import number

MAX_DEPTH = 100
"""Levels of brackets a value may have; what is deeper breaks programs further on."""
_KEY = re.compile(r'"\s*:')
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)
_SPACED = ('" :', '"\t:', '"\r:', '"\n:')


class JsonParser:
    """Numbers keep their text, NaN and its kin become text and are remembered in `strange`."""

    def __init__(self) -> None:
        self.strange: list[str] = []
        self._decoder = JSONDecoder(parse_float=number, parse_constant=self._constant)
        self.scan: Callable[[str, int], tuple[Any, int]] = self._decoder.scan_once  # type: ignore[attr-defined]
        """(text, start) -> (value, end); raises ValueError, StopIteration or RecursionError."""
        self.decode: Callable[[str], Any] = self._decoder.decode

    def _constant(self, text: str) -> str:
        self.strange.append(text)
        return text


def keys_twice(text: str, value: Any) -> bool:
    """Whether a key may stand twice in the text of a value. Never misses one; seldom cries wolf.

    Every key ends with a quote and a colon, so a text with as many of these as the value has keys has
    no key twice. Only a text with more is counted more closely.
    """
    found = text.count('":')
    if text.count(":") != found and any(mark in text for mark in _SPACED):
        found = len(_KEY.findall(text))
    elif '\\":' in text and '\\\\"' not in text:
        found -= text.count('\\":')  # an escaped quote stands inside a string
    return isinstance(value, dict | list) and found != count_keys(value)


def too_deep(text: str) -> bool:
    """Whether the brackets of a JSON text are nested more than MAX_DEPTH levels."""
    return text.count("{") + text.count("[") > MAX_DEPTH and depth_over(text) is not None


def depth_over(text: str) -> int | None:
    """Where the brackets of a JSON text become nested more than MAX_DEPTH levels."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if depth > MAX_DEPTH:
            return found.start()
    return None


def count_keys(value: dict[str, Any] | list[Any]) -> int:
    """Keys of an object and of all objects inside it."""
    count = len(value) if isinstance(value, dict) else 0
    for item in value.values() if isinstance(value, dict) else value:
        kind = type(item)
        if kind is dict or kind is list:
            count += count_keys(item)
    return count


def repeated_keys(text: str) -> list[tuple[str, Any, Any]]:
    """(key, first value, last value) of every key that stands twice in one object."""
    found: list[tuple[str, Any, Any]] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        first: dict[str, Any] = {}
        for key, item in items:
            if key in first:
                found.append((key, first[key], item))
            first.setdefault(key, item)
        return dict(items)

    json.loads(text, object_pairs_hook=pairs)
    return found


def said_twice(repeats: list[tuple[str, Any, Any]]) -> str:
    """Ends the sentence 'Line 7 ...'."""
    key, first, last = repeats[0]
    return f"has the key {key!r} twice: {_short(first)} and {_short(last)}; the last one is used"


def said_strange(strange: list[str]) -> str:
    """Ends the sentence 'Line 7 ...'."""
    return f"holds {', '.join(dict.fromkeys(strange))}, which is not a number; it is kept as text"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def fault(text: str, error: Exception | None) -> str:
    """Why a line of JSON can't be read; ends the sentence 'Line 7 ...'."""
    stripped = text.rstrip()
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if not isinstance(error, json.JSONDecodeError):
        return f"is not JSON ({str(error)[:80]}): {stripped[:40]!r}"
    if "Unterminated" in error.msg or error.pos >= len(stripped) - 1:
        return f"is cut off at column {len(stripped) + 1}: ...{stripped[-30:]!r}"
    at = max(0, error.pos - 20)
    return f"is not JSON at column {error.pos + 1} ({error.msg}): {stripped[at : error.pos + 30]!r}"
