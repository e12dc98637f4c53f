"""Characters nobody sees: overrides of direction, zero widths, control characters, private use."""

from __future__ import annotations

import re

from trainer.data.content.check import Check, Span
from trainer.data.content.table import pattern, spans, table

_TABLE = "characters.yaml"


def hidden(text: str) -> list[Span]:
    """Hidden characters, except where a script or an emoji needs them."""
    rtl = bool(pattern(_TABLE, "rtl").search(text))
    return spans(pattern(_TABLE, "hidden"), "hidden", text, lambda m: not _needed(m, rtl))


def _needed(match: re.Match[str], rtl: bool) -> bool:
    """Whether joiners stand in an emoji or a script that joins, and marks of direction in a text that turns."""
    text, char = match.string, match.group()[0]
    if char in "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069":
        return rtl
    left, right = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    if char in "\u200c\u200d":
        joined = pattern(_TABLE, "joining").match(left) or pattern(_TABLE, "joining").match(right)
        return bool(joined or (char == "\u200d" and pattern(_TABLE, "emoji").match(left)))
    return left == "\U0001f3f4" and "\U000e0020" <= char <= "\U000e007f"


def checks() -> tuple[Check, ...]:
    """The rule about hidden characters."""
    return (Check("hidden_characters", table(_TABLE)["gate"], hidden),)
