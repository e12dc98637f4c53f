"""Private values stand-ins: they never leave the machine, and what comes back gets them again."""

from __future__ import annotations

import re

from trainer.data.content.redaction import FINDERS, found
from trainer.data.content.table import replaced

_MARK = re.compile(r"\[\[[A-Z_]+_\d+\]\]")


class Masks:
    """[[EMAIL_1]] for a value and back. Held in memory only."""

    def __init__(self) -> None:
        self._marks: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}

    def hidden(self, text: str) -> str:
        """The text without personal data and keys."""
        return replaced(text, found(text, FINDERS), self._mark)

    def _mark(self, kind: str, value: str) -> str:
        key = (kind, value)
        if key not in self._marks:
            mark = f"[[{kind.upper()}_{1 + sum(k == kind for k, _ in self._marks)}]]"
            self._marks[key], self._values[mark] = mark, value
        return self._marks[key]

    def shown(self, text: str) -> str:
        """The text with the values in their places again."""
        return _MARK.sub(lambda m: self._values.get(m.group(), m.group()), text)
