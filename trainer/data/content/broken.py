"""Characters that were read in the wrong encoding, and their repair as far as it can be known."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from trainer.data.content.check import Check, Span
from trainer.data.content.table import disjoint, pattern, spans, table

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

_TABLE = "broken.yaml"


@cache
def _only_encoding() -> TextFixerConfig:
    """No lossy repair: what can't be known stays as it is."""
    from ftfy import TextFixerConfig

    return TextFixerConfig(replace_lossy_sequences=False, explain=False)


@lru_cache(maxsize=4096)
def _repaired(word: str) -> str:
    """A word as it was meant, as far as ftfy is sure."""
    import ftfy

    return ftfy.fix_encoding(word, config=_only_encoding())


def _put_right(match: re.Match[str]) -> str:
    word = match.group()
    return _repaired(word) if pattern(_TABLE, "pair").search(word) else word


def _shared(one: str, other: str) -> int:
    """Characters at the start that two words share."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _broken(match: re.Match[str]) -> Span | None:
    """The part of a word that its repair changes."""
    word, good = match.group(), _put_right(match)
    if word == good:
        return None
    same, tail = _shared(word, good), _shared(word[::-1], good[::-1])
    end = max(len(word) - tail, same + 1)
    return Span(match.start() + same, match.start() + end, "encoding")


def mojibake(text: str) -> list[Span]:
    """Replacement characters, and words that make sense in another encoding (`Ã¼`, `â€™`)."""
    found = spans(pattern(_TABLE, "lost"), "lost", text) + spans(pattern(_TABLE, "cyrillic"), "encoding", text)
    if pattern(_TABLE, "pair").search(text):
        found += [span for m in pattern(_TABLE, "word").finditer(text) if (span := _broken(m))]
    return disjoint(found)


def fix_encoding(text: str) -> str:
    """The text with each broken word put right that can be; quotes, widths and lost characters stay."""
    return pattern(_TABLE, "word").sub(_put_right, text) if pattern(_TABLE, "pair").search(text) else text


def checks() -> tuple[Check, ...]:
    """The rule about broken characters."""
    return (Check("mojibake", table(_TABLE)["gate"], mojibake),)
