"""What a rule has to say: a label, where it starts, the numbers it rests on, and what to do."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["info", "warn", "critical"]


class Evidence(BaseModel):
    """One number from the record, beside what is usual, and where to look on the curve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    """What was measured, in words that fit after "The"."""
    value: float | str
    """The measured value, rounded for reading."""
    usual: float | str | None = None
    """What it is elsewhere in this run, or normally; None if there is nothing to compare with."""
    step_from: int | None = None
    step_to: int | None = None


class Finding(BaseModel):
    """One thing that happened in a run, or `healthy`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    family: str
    severity: Severity
    onset_step: int | None = None
    confidence: float
    """0 to 1: how sure the rule is, given which of its signs the record holds."""
    confidence_basis: str
    evidence: tuple[Evidence, ...] = ()
    advice: str
    otherwise: str
    """What the record would look like if the cause were another one."""
    fix: dict[str, Any] = {}
    """Changes to the plan, by field; empty if no field of the plan mends it."""
    fix_code: str
