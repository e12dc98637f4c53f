"""Orders to a model that stand in data, in several languages. They are reported; nothing obeys them."""

from __future__ import annotations

from trainer.data.content.check import Check, Span
from trainer.data.content.table import table, told

_TABLE = "injection.yaml"


def injections(text: str) -> list[Span]:
    """Orders such as "ignore your instructions" or "approve the plan", and lines that play a tool or the system."""
    return told(_TABLE, ("find",), "injection", text)


def checks() -> tuple[Check, ...]:
    """The rule about orders in data."""
    return (Check("prompt_injection", table(_TABLE)["gate"], injections),)
