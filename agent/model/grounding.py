"""Where a value that a model gave comes from: the person's words, or text that nobody vouches for.

A value is kept when the person's own words hold it, or when nothing that the model was shown
could have suggested it. One that stands in a file's name, a column's name or a pasted log, and
not in the person's words, is left out and said to be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz

from agent.builtin.pasted import split
from agent.builtin.understand import understand
from agent.numbers import numbers
from agent.situation import Situation

_OWN = {"goal", "question", "prompt"}
"""Arguments that are the person's words already."""
_NAMES = ("_path", "_column", "output_dir")
_ALIKE = 80
"""Of 100: how alike a word and a part of a name must be."""


@dataclass
class Grounded:
    """A call's arguments after the check."""

    arguments: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, Any] = field(default_factory=dict)


def _letters(text: Any) -> str:
    return re.sub(r"[\W_]+", "", str(text).lower())


class Ground:
    """The person's words and the untrusted text of one turn."""

    def __init__(self, message: str, situation: Situation) -> None:
        parts = split(message)
        read = understand(message, situation)
        self.read = read.slots
        self.intent = read.intent
        self.directions = read.directions
        self.message = message
        values = [v for k, v in read.slots.items() if not k.endswith(_NAMES)]
        earlier = [split(t.text).own for t in situation.history]
        self.own = "\n".join([parts.own, *map(str, values), *earlier]).lower()
        self.untrusted = "\n".join([*parts.pasted, *_names(situation)]).lower()

    def checked(self, arguments: dict[str, Any]) -> Grounded:
        """The arguments that may be used, and those that may not."""
        result = Grounded()
        for name, value in arguments.items():
            kept = value is None or name in _OWN or self._may(name, value)
            (result.arguments if kept else result.left_out)[name] = value
            if not kept and name in self.read:  # the person did say one
                result.arguments[name] = self.read[name]
        return result

    def _may(self, name: str, value: Any) -> bool:
        if self.read.get(name) == value:
            return True
        if name == "directions":
            return isinstance(value, dict) and value.items() <= self.directions.items()
        if name in ("run_id", "runs"):
            return all(str(v).lower() in self.own for v in (value if isinstance(value, list) else [value]))
        if name.endswith(_NAMES):
            return all(self._mentioned(str(v)) for v in (value if isinstance(value, list) else [value]))
        return self._said(name, value) or not self._suggested(name, value)

    def _mentioned(self, name: str) -> bool:
        """Whether the person's words name it: whole, or by one of its parts."""
        parts = [p for p in re.split(r"[^a-z0-9]+", name.lower()) if len(p) >= 3] or [name.lower()]
        words = re.findall(r"\w+", self.own)
        return name.lower() in self.own or any(fuzz.ratio(p, w) >= _ALIKE for p in parts for w in words)

    def _said(self, name: str, value: Any) -> bool:
        """Whether the person's words hold the value itself."""
        if isinstance(value, bool):
            return _letters(name) in _letters(self.own)
        if isinstance(value, int | float):
            return float(value) in numbers(self.own)
        if isinstance(value, dict | list):
            parts = value if isinstance(value, list) else [*value, *value.values()]
            return all(self._said(name, p) for p in parts)
        return bool(_letters(value)) and _letters(value) in _letters(self.own)

    def _suggested(self, name: str, value: Any) -> bool:
        """Whether untrusted text holds the field's name or the value."""
        if not self.untrusted:
            return False
        blob = _letters(self.untrusted)
        if _letters(name) in blob:
            return True
        if isinstance(value, bool):
            return False
        if isinstance(value, int | float):
            return float(value) in numbers(re.sub(r"[_-]", " ", self.untrusted))
        if isinstance(value, dict | list):
            parts = value if isinstance(value, list) else [*value, *value.values()]
            return any(self._suggested(name, p) for p in parts)
        return _letters(value) in blob


def _names(situation: Situation) -> list[str]:
    return [n for f in situation.files for n in (f.path, *f.columns)]
