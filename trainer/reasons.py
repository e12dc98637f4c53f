"""Why a value is what it is."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Origin = Literal["user", "data", "hardware", "recipe", "past_run", "search", "default"]


class Reason(BaseModel):
    """Where a value comes from, why, and who says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Origin
    why: str
    source: str | None = None


class Ledger:
    """Collects values with their reasons while a plan is derived."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.reasons: dict[str, Reason] = {}
        self.values: dict[str, Any] = {}
        """What was chosen so far."""

    def choose(self, name: str, fallback: Any, reason: Reason) -> Any:
        """The person's value if there is one, else the fallback with its reason."""
        if (value := self.said.get(name)) is not None:
            return self.note(name, value, Reason(origin="user", why="you said so"))
        return self.note(name, fallback, reason)

    def note(self, name: str, value: Any, reason: Reason) -> Any:
        """A value that is not the person's to wish."""
        self.reasons[name] = reason
        self.values[name] = value
        return value
