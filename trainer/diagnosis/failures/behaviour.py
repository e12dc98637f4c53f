"""How written answers behave, beside how right they are: do they end, do they repeat themselves, are they the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

GRAM = 4
"""Words in a row whose repeats are counted."""
LEAST_WORDS = 16
REPEATED = 0.3
"""Share of an answer's word groups that stand in it already, from which on it repeats itself."""


def repeats(text: str) -> float:
    """Share of an answer's groups of four words (or letters, without blanks) that came before in it; 0 to 1."""
    words = text.split()
    if len(words) < LEAST_WORDS:
        words = list(text) if len(words) < LEAST_WORDS // 4 and len(text) >= 4 * LEAST_WORDS else words
    if len(words) < LEAST_WORDS:
        return 0.0
    grams = Counter(tuple(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1))
    total = sum(grams.values())
    return 1 - len(grams) / total


def behaviour(base: Sequence[str], tuned: Sequence[str], ended: dict[str, Sequence[bool]]) -> dict[str, Any]:
    """Shares over both models' answers: `repetitive`, `unended` (cut off at the limit), `same` (word for word)."""
    if not base or len(base) != len(tuned):
        return {}
    sides = {"base": base, "tuned": tuned}
    return {
        "repetitive": {name: _share(repeats(t) > REPEATED for t in texts) for name, texts in sides.items()},
        "unended": {name: _share(not e for e in ends) for name, ends in ended.items() if len(ends)},
        "same": _share(a.strip() == b.strip() for a, b in zip(base, tuned, strict=True)),
    }


def _share(found: Any) -> float:
    seen = list(found)
    return round(sum(seen) / len(seen), 4) if seen else 0.0
