"""Numbers that remember how they were written, where Python would write them otherwise."""

from __future__ import annotations

import json
from typing import Any


class Number(float):
    """A float with the text it was read from: 1.10 stays 1.10 when it becomes text again."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> Number:
        """Read the number from its text."""
        self = super().__new__(cls, written)
        self.written = written
        return self

    def __repr__(self) -> str:
        return self.written

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Number], tuple[str]]:
        return Number, (self.written,)


def number(text: str) -> float:
    """A plain float where Python writes it as it stands in the file, else one that remembers."""
    value = float(text)
    return value if repr(value) == text else Number(text)


def json_text(value: Any) -> str:
    """The value as JSON text, its numbers as they were written; what JSON doesn't know is written as text."""
    if not _remembers(value):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json_text(str(k))}: {json_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(json_text, value)) + "]"
    return str(value)


def _remembers(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_remembers, value.values()))
    return any(map(_remembers, value)) if isinstance(value, list | tuple) else type(value) is Number
