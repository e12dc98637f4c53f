"""The shape of every estimate: a range with its unit, its basis and its terms."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Basis = Literal["formula", "probe", "measured", "unknown"]


class Range(BaseModel):
    """From low to high in the named unit, or unknown with the reason in `why`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float | None
    high: float | None
    unit: str
    basis: Basis
    why: str
    terms: dict[str, float] = Field(default_factory=dict)
    """What it is made of, in the same unit, at its likeliest; those named 'of which' lie within others."""
    correction: float = 1.0
    """Factor that finished runs on this machine have taught; it is in low, high and terms already."""

    @property
    def middle(self) -> float | None:
        """The likeliest value, or None when unknown."""
        return None if self.low is None or self.high is None else (self.low + self.high) / 2


class Estimates(BaseModel):
    """What a plan will need."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory: Range
    time: Range
    cost: Range
    disk: Range
    steps: int
    train_tokens: int


def unknown(unit: str, why: str) -> Range:
    """A range that is not known, with the reason."""
    return Range(low=None, high=None, unit=unit, basis="unknown", why=why)
