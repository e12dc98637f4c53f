"""Runs whose plan asks for several processes, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.trainer import lab
from tests.trainer.lab import ended
from trainer import launch
from trainer.fields import replace
from trainer.paths import home as home_folder
from trainer.proposal import Proposal, propose
from trainer.runs import Run, RunStore
from trainer.wishes import Wishes

LIMIT = 400.0
__all__ = ["begun", "ended", "losses", "planned", "until"]
SHORT: dict[str, Any] = {"max_steps": 12, "eval_steps": 4, "per_device_train_batch_size": 8, "tuning": "lora"}


def planned(path: Path, approval: str, wishes: dict[str, Any] | None = None, **changed: Any) -> Run:
    """A run of the short plan with these values in it, not begun."""
    proposal = propose(path, Wishes(goal="test", dataset_path=str(path), **(SHORT | (wishes or {}))))
    plan = replace(proposal.plan, changed)
    altered: Proposal = proposal.model_copy(update={"plan": plan, "hash": plan.digest()})
    run, _ = RunStore(home_folder()).create(altered, approval)
    return run


def begun(path: Path, approval: str, wishes: dict[str, Any] | None = None, **changed: Any) -> Run:
    """The same, begun."""
    run = planned(path, approval, wishes, **changed)
    launch.start(run)
    return run


def until(run: Run, wanted: Callable[[dict[str, Any]], Any], limit: float = LIMIT) -> dict[str, Any]:
    """Wait for a state, longer than one process needs."""
    return lab.until(run, wanted, limit)


def losses(run: Run) -> dict[int, float]:
    return {r["step"]: r["loss"] for r in run.history() if "loss" in r}
