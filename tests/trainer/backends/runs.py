"""Runs whose plan asks for several processes, for the tests of this room."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer import launch
from trainer.fields import replace
from trainer.paths import home as home_folder
from trainer.proposal import Proposal, propose
from trainer.runs import ACTIVE, Run, RunStore
from trainer.wishes import Wishes

LIMIT = 400.0
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
    """Wait for a state."""
    started = time.monotonic()
    while time.monotonic() - started < limit:
        state = run.status()
        if wanted(state):
            return state
        time.sleep(0.05)
    log = run.folder / "worker.log"
    raise AssertionError(f"{run.id} is {run.status()}; log: {log.read_text()[-3000:] if log.exists() else 'none'}")


def ended(state: dict[str, Any]) -> bool:
    return state.get("status") not in ACTIVE


def losses(run: Run) -> dict[int, float]:
    return {r["step"]: r["loss"] for r in run.history() if "loss" in r}
