"""Points to start from: values that were good in runs and searches like this one, on this machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.orders import Start
from tools.search.kinds import TUNING
from tools.search.study import StudyStore
from trainer import base_models
from trainer.errors import UserFacingError
from trainer.plan import Plan
from trainer.proposal import Proposal
from trainer.runs import RunStore

MOST = 2
"""Starting points that a search takes from the past."""
FAR = 1.0
"""Distance over which a run says nothing about this one: a fourfold of rows or of the model's size, for instance."""


@dataclass(frozen=True)
class Likeness:
    """How far another plan is from this one, and in what."""

    distance: float
    why: str


def rows_of(made: Proposal) -> int:
    """Rows a plan learns from; 0 where it can't be told."""
    plan, steps = made.plan, made.estimates.steps
    epochs = plan.schedule.num_train_epochs
    return plan.data.max_samples or round(steps * plan.effective_batch_size / epochs) if epochs else 0


def params_of(plan: Plan) -> int:
    """Parameters of a plan's base model; 0 where it is not known here."""
    try:
        return base_models.resolve(plan.base_model).params
    except (UserFacingError, OSError, ValueError):
        return 0


def likeness(one: Proposal, other: Proposal) -> Likeness | None:
    """None where method or kind of adapter differ: such values say nothing."""
    a, b = one.plan, other.plan
    if a.method.method != b.method.method or a.adapter.tuning != b.adapter.tuning:
        return None
    size = 0.0 if a.base_model == b.base_model else _apart(params_of(a), params_of(b))
    rows = _apart(rows_of(one), rows_of(other))
    length = _apart(_tokens(one), _tokens(other))
    task = 0.0 if a.task == b.task else 0.5
    alike = [
        "the same model" if a.base_model == b.base_model else "a model of like size",
        a.method.method,
        f"{rows_of(other):,} rows",
    ]
    return Likeness(max(size, rows) + length / 2 + task, ", ".join(alike))


def _apart(a: float, b: float) -> float:
    """How many fourfolds lie between two sizes."""
    return abs(math.log(a / b, 4)) if a and b else FAR


def _tokens(made: Proposal) -> float:
    rows = made.estimates.steps * made.plan.effective_batch_size
    return (made.estimates.train_tokens or 0) / rows if rows else 0.0


def starts_for(made: Proposal, space: dict[str, dict[str, Any]], home: Path) -> tuple[Start, ...]:
    """Values of the most similar searches and runs, those of searches first; none that are the plan's own."""
    own = {name: made.plan.leaves().get(name) for name in space}
    found: list[tuple[float, Start]] = []
    for source, other, values, bonus in [*_searches(home), *_runs(home)]:
        near = likeness(made, other)
        kind = values.get(TUNING, other.plan.adapter.tuning)
        if near is None or near.distance > FAR or (TUNING not in space and kind != made.plan.adapter.tuning):
            continue  # another kind's rate says nothing here
        mine = {name: values.get(name, other.plan.leaves().get(name)) for name in space}
        if TUNING in space:
            mine = {name: value for name, value in mine.items() if value is not None}  # what its kind lacks
        if None in mine.values() or mine == own:
            continue
        found.append((near.distance - bonus, Start(values=mine, source=source, why=near.why)))
    out: list[Start] = []
    for _, start in sorted(found, key=lambda pair: pair[0]):
        if start.values not in [s.values for s in out]:
            out.append(start)
    return tuple(out[:MOST])


def _searches(home: Path) -> list[tuple[str, Proposal, dict[str, Any], float]]:
    """Searches that found something: their best values were compared with others, so they count for more."""
    out = []
    for study in StudyStore(home).all():
        state = study.state()
        if state.get("best") and state.get("holds") is not False:
            out.append((study.id, study.order().planned, state["best"]["params"], FAR / 2))
    return out


def _runs(home: Path) -> list[tuple[str, Proposal, dict[str, Any], float]]:
    """Finished runs whose verdict was not that nothing was won."""
    out: list[tuple[str, Proposal, dict[str, Any], float]] = []
    for run in RunStore(home).all():
        state = run.status()
        if state.get("status") == "finished" and run.result().get("verdict", {}).get("better") is not False:
            out.append((run.id, run.proposal(), {}, 0.0))
    return out
