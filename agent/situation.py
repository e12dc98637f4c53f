"""What the brain may know when it reads a message, and what it makes of the message."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal[
    "no_plan",
    "no_plan_pending",
    "plan_proposed",
    "plan_approved",
    "running",
    "paused",
    "finished",
    "failed",
]
Intent = Literal[
    "inspect_data",
    "prepare_data",
    "propose_plan",
    "revise_plan",
    "approve",
    "reject",
    "search_hyperparameters",
    "start",
    "status",
    "stop",
    "resume",
    "explain_run",
    "compare_runs",
    "evaluate",
    "chat_with_model",
    "export",
    "advise",
    "refuse",
    "clarify",
    "probe_plan",
    "replay",
    "learning_curve",
]


class FileFact(BaseModel):
    """A file the person has given or that lies in an allowed folder."""

    model_config = ConfigDict(extra="allow")

    path: str
    rows: int | None = None
    columns: list[str] = Field(default_factory=list)


class PastTurn(BaseModel):
    """An earlier message and what was understood by it."""

    text: str
    intent: str
    slots: dict[str, Any] = Field(default_factory=dict)
    plan_before: dict[str, Any] = Field(default_factory=dict)
    """Plan values as they were before this turn; 'put it back' reads them."""


class Situation(BaseModel):
    """Everything a message is read against. Plain data: it travels as JSON through the door."""

    model_config = ConfigDict(extra="allow")

    state: State = "no_plan"
    files: list[FileFact] = Field(default_factory=list)
    hardware: dict[str, Any] = Field(default_factory=dict)
    plan: dict[str, Any] = Field(default_factory=dict)
    """Flat values of the plan in force, by slot name."""
    run: dict[str, Any] | None = None
    runs: list[dict[str, Any]] = Field(default_factory=list)
    history: list[PastTurn] = Field(default_factory=list)


class Understanding(BaseModel):
    """One message, read: what is wanted, with which values."""

    intent: Intent
    slots: dict[str, Any] = Field(default_factory=dict)
    secondary_intents: list[Intent] = Field(default_factory=list)
    language: str = "en"
    confidence: float = 1.0
    """0 to 1; under 0.5 the agent asks instead of acting."""
    directions: dict[str, str] = Field(default_factory=dict)
    """Plan fields to go up or down, where no value was said."""
    unknown: list[str] = Field(default_factory=list)
    """Words or keys that look like an order but were not understood; named to the person."""
