"""A term of the field, explained where a beginner first meets it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

AT_ONCE = 2
"""Explanations in one message; more would bury it."""


@cache
def _terms() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((Path(__file__).parent / "terms.yaml").read_text("utf-8"))
    return found


def explained(text: str, known: list[str]) -> tuple[str, list[str]]:
    """The text with up to two terms explained in brackets, and all terms explained so far."""
    known = list(known)
    added = 0
    for pattern, meaning in _terms().items():
        match = None if pattern in known else re.search(pattern, text)
        if match is None or added == AT_ONCE:
            continue
        if text[match.end() : match.end() + 4].startswith((" (", "(", "_", "-", " is ")) or _inside(
            text, match.start()
        ):
            continue
        known.append(pattern)
        text = f"{text[: match.end()]} ({meaning}){text[match.end() :]}"
        added += 1
    return text, known


def _inside(text: str, at: int) -> bool:
    """Whether a place lies in brackets or quotes, where another bracket would confuse."""
    before = text[:at]
    return before.count("(") > before.count(")") or before.count("“") > before.count("”")
