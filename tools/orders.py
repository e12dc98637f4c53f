"""What a person approves: exactly one plan, or one search over it. Bound to a hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trainer.proposal import Proposal


class SearchSettings(BaseModel):
    """How many trials over which values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_trials: int = Field(ge=1, le=1000)
    max_hours: float | None = Field(default=None, gt=0)
    space: dict[str, dict[str, Any]]
    """Field -> {low, high, log?} or {choices: [...]}."""
    workers: int = Field(default=1, ge=1, le=64)
    algorithm: Literal["optuna", "random", "grid"] = "optuna"
    seed: int = 42


class Order(BaseModel):
    """Something costly, laid on the table."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["train", "search"]
    proposal: Proposal
    search: SearchSettings | None = None

    @property
    def hash(self) -> str:
        """What an approval is bound to: the plan's own content, and the search over it."""
        if self.search is None:
            return self.proposal.plan.digest()
        text = self.proposal.plan.digest() + json.dumps(self.search.model_dump(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
