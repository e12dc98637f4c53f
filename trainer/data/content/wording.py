"""Wordings: answers that refuse or speak of being a machine, and words that hurt. Both rough."""

from __future__ import annotations

from trainer.data.content.check import Check, Span
from trainer.data.content.table import table, told

_TABLE = "wording.yaml"


def refusals(text: str) -> list[Span]:
    """Sentences that refuse, or say "as an AI"; to be asked of answers only."""
    return told(_TABLE, ("refusals", "find"), "refusal", text)


def toxic(text: str) -> list[Span]:
    """Slurs, sexual abuse and threats in several languages, by a short list."""
    return told(_TABLE, ("toxic", "find"), "toxic", text)


def checks() -> tuple[Check, ...]:
    """The rules about wordings."""
    own = table(_TABLE)
    return (Check("refusals", own["refusals"]["gate"], refusals), Check("toxic", own["toxic"]["gate"], toxic))
