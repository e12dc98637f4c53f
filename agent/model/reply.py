"""What a brain answers: text, or tool calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call as the model asked for it."""

    id: str
    name: str
    arguments: dict[str, Any]
    fault: str = ""
    """Why the arguments could not be read, if so."""


@dataclass(frozen=True)
class Reply:
    """One answer of a model."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    tokens: int = 0
    usd: float | None = None
    """What it cost; None when the price is not known."""
