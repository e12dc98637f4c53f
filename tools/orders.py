"""What a person approves: a plan, a search over it, a rewriting of data, new rows, an experiment. Bound to a hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trainer.data.more.augmentation import Augmentation
from trainer.preparing import Preparation
from trainer.proposal import Proposal
from trainer.replays.extent import Extent
from trainer.replays.replay import Replay


class Start(BaseModel):
    """Values that were good in a run like this one: a point to start from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: dict[str, Any]
    source: str
    """The run or search they come from."""
    why: str
    """How it is like this one."""


Objective = Literal["loss", "time", "size"]


class Kind(BaseModel):
    """A kind of training that a search tries: its adapter, and its rate beside the plan's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapter: dict[str, Any]
    times: float = 1.0
    """The recipe's rate for this kind over that for the plan's."""


class SearchSettings(BaseModel):
    """How many trials over which values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_trials: int = Field(ge=1, le=1000)
    """Trainings in all: short ones, whole ones and repeats."""
    max_hours: float | None = Field(default=None, gt=0)
    max_usd: float | None = Field(default=None, gt=0)
    """Told as money; `max_hours` is what it buys at the plan's dearest price."""
    space: dict[str, dict[str, Any]]
    """Field -> {low, high, log?} or {choices: [...]}."""
    kinds: dict[str, Kind] = {}
    """Where `tuning` is searched: what each kind asks for."""
    tied: dict[str, str] = {}
    """Field -> what it follows: `2*lora_r`."""
    shares: tuple[float, ...] = (1.0,)
    """Shares of the steps that trials are trained for, rising to 1: the worse ones end after the first."""
    starts: tuple[Start, ...] = ()
    workers: int = Field(default=1, ge=1, le=64)
    algorithm: Literal["optuna", "random", "grid"] = "optuna"
    objectives: tuple[Objective, ...] = ("loss",)
    """What is to be small: the validation loss first; then the seconds of a training, the numbers that it moves."""
    max_gb: float | None = Field(default=None, gt=0)
    """Memory of one device: a trial that would surely need more is not begun."""
    prune: bool = True
    """Whether hopeless trials are ended on the way."""
    seed: int = 42


class Order(BaseModel):
    """Something costly, laid on the table."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["train", "search", "prepare", "augment", "replay", "extent"]
    proposal: Proposal | None = None
    """The plan of a training or a search."""
    search: SearchSettings | None = None
    preparation: Preparation | None = None
    augmentation: Augmentation | None = None
    replay: Replay | None = None
    extent: Extent | None = None

    @model_validator(mode="after")
    def _whole(self) -> Order:
        own = "plan" if self.kind in ("train", "search") else self.kind
        if [name for name, held in self._papers().items() if held is not None] != [own]:
            raise ValueError("an order holds one thing: a plan, a preparation, new rows, a replay or a learning curve")
        return self

    def _papers(self) -> dict[str, Proposal | Preparation | Augmentation | Replay | Extent | None]:
        experiments = {"replay": self.replay, "extent": self.extent}
        return {"plan": self.proposal, "prepare": self.preparation, "augment": self.augmentation, **experiments}

    @property
    def planned(self) -> Proposal:
        """The plan of a training or a search; the others have none, and asking for it is a bug."""
        if self.proposal is None:
            raise ValueError("this order holds no plan")
        return self.proposal

    @property
    def hash(self) -> str:
        """What an approval is bound to: the plan's own content and the search over it, or recipe and source."""
        if (own := self.preparation or self.augmentation or self.replay or self.extent) is not None:
            return own.hash
        if self.search is None:
            return self.planned.plan.digest()
        text = self.planned.plan.digest() + json.dumps(self.search.model_dump(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def paper(self, diff: dict[str, Any] | None = None) -> dict[str, Any]:
        """The event that shows this order: a plan with what changed in it, or one of the others as it is."""
        document = self.model_dump(mode="json")
        if self.proposal is None:
            kind = {"prepare": "preparation", "augment": "augmentation"}.get(self.kind, self.kind)
            return {"type": kind, "hash": self.hash, "order": document}
        return {"type": "plan", "hash": self.hash, "diff": diff or {}, "order": document}
