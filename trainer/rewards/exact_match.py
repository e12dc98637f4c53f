"""The answer is the row's own, letter for letter but for how it is written down."""

from __future__ import annotations

import unicodedata

from trainer.rewards.answers import Answer


def exact_match(answer: Answer) -> float | None:
    """1 when answer and reference are the same after Unicode NFKC, case folding and white space made single, else 0.

    Punctuation and accents count. None where the row has no answer of its own.
    """
    if not answer.reference.strip():
        return None
    return float(folded(answer.final) == folded(answer.reference))


def folded(text: str) -> str:
    """Text without differences of form, case and white space. Folding can undo NFKC, so that comes last again."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())
