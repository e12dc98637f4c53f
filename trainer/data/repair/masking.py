"""Private values as they may be shown: a•••@•••, never the value."""

from __future__ import annotations

from trainer.data.repair.redaction import outermost
from trainer.data.repair.spans import PRIVATE, spans_of

KEPT = 1
"""First characters that stay, so that a person recognises the kind of value."""


def masked(text: str) -> str:
    """The text with everything private in it made unreadable."""
    for span in reversed(outermost(spans_of(text, PRIVATE))):
        text = text[: span.start] + _dots(text[span.start : span.end], span.kind) + text[span.end :]
    return text


def _dots(value: str, kind: str) -> str:
    return f"{value[:KEPT]}•••@•••" if kind == "email" else f"{value[:KEPT]}•••"
