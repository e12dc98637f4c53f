"""A model's reply -> JSON objects. Nothing in it is obeyed: what doesn't fit is thrown away and counted."""

from __future__ import annotations

import re
from typing import Any

from json_repair import repair_json

LONGEST = 60_000
"""Characters of a reply that are read."""
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)


def objects(reply: str) -> list[dict[str, Any] | None]:
    """The objects of a reply in order; None for one that can't be read or was cut off."""
    return [_loaded(part) for part in _outermost(_THOUGHTS.sub("", reply)[:LONGEST])]


def _loaded(part: str) -> dict[str, Any] | None:
    if not part.endswith("}"):
        return None
    found = repair_json(part, return_objects=True)
    return found if isinstance(found, dict) and found else None


def _outermost(text: str) -> list[str]:
    """The {...} parts of a text; one that begins and never ends comes last. Braces inside strings don't count."""
    found: list[str] = []
    depth, start, quoted, escaped = 0, 0, False, False
    for at, sign in enumerate(text):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = quoted
        elif sign == '"':
            quoted = not quoted and depth > 0
        elif sign == "{" and not quoted:
            start, depth = (at if depth == 0 else start), depth + 1
        elif sign == "}" and not quoted and depth:
            depth -= 1
            found += [text[start : at + 1]] if depth == 0 else []
    return found + ([text[start:]] if depth else [])
