"""What would be replayed: which steps, from which checkpoint, without which suspect, how often. No torch.

Both sides of a pair go from the same checkpoint through the same steps with the same rows; they differ in the suspect
alone. The first pair takes the run's own way. The others take other ways to the moment: the rows come in another order,
those of the moment itself (where rows are suspected) stay together, and other ordinary rows stand in for the suspects.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from trainer.checkpoints import SEAL, checkpoints, step_of, whole
from trainer.diagnosis.dealt import read_steps
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.fixes import own_fields
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.plan import AdaLora, Plan
from trainer.replays import possible
from trainer.runs import Run

PAIRS = 3
MINUTES = 10.0
"""What a replay may take where nothing was said."""
AFTER, LEAST_AFTER = 0.1, 12
"""How far a setting is followed beyond the moment: a share of the run, and steps at the least."""
BESIDE = 3
"""Steps that are replayed beyond the last one with a suspect row."""
START_UP, LOADING = 14.0, 2.0
"""Seconds until the libraries are there, and for the model of each side (two cores, measured)."""
LEAST_RISE = 0.05
"""Share of the level that a rise must have to be told from none."""
UNSURE = 0.4
"""How far the time may be off to either side: these are a few steps, and mostly start-up."""
FROM_THE_START = ("warmup_ratio", "warmup_steps", "lr_scheduler_type", "train_sampling_strategy", "max_steps")
"""Settings that had done their work before the moment: they are replayed from the first step on."""
REPLAYED = (*FROM_THE_START, "learning_rate", "max_grad_norm", "precision", "beta", "lora_dropout", "weight_decay")
"""Settings that can be changed without making the checkpoint another model's."""
ENDS = ("divergence", "fp16_overflow_nan", "dpo_margin_collapse", "dpo_reward_overoptimization")
"""Findings that are judged by where the loss ends, not by its peak."""


class Replay(BaseModel):
    """One experiment, laid on the table: a frozen document whose hash an approval is bound to."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    run_id: str
    plan_hash: str
    label: str = ""
    """The finding it is about, where there is one."""
    start: int = Field(ge=0)
    """The checkpoint's step; 0: from the base model on."""
    moment: tuple[int, int]
    """First and last step in which the loss is weighed."""
    end: int
    rows: tuple[int, ...] = ()
    """Suspect rows; or"""
    changes: dict[str, Any] = {}
    """settings, each with its other value."""
    was: dict[str, Any] = {}
    judged_by: Literal["peak", "end"] = "peak"
    level: float
    """Loss before the moment, as recorded."""
    height: float
    """How far it rose over that, as recorded."""
    pairs: int = Field(default=PAIRS, ge=2, le=20)
    seconds: tuple[float, float]
    """What it should take, by the run's own pace."""
    max_minutes: float = Field(default=MINUTES, gt=0)
    """It ends then, whatever is done."""

    @model_validator(mode="after")
    def _one_suspect(self) -> Replay:
        if bool(self.rows) == bool(self.changes):
            raise ValueError("a replay leaves out rows, or changes settings: one of the two")
        return self

    @property
    def hash(self) -> str:
        """SHA-256 of the whole document."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def steps(self) -> int:
        """Steps of one side."""
        return self.end - self.start


class Wanted(BaseModel):
    """What the person said about it."""

    rows: tuple[int, ...] = ()
    changes: dict[str, Any] = {}
    step: int | None = None
    pairs: int | None = Field(default=None, ge=2, le=20)
    max_minutes: float | None = Field(default=None, gt=0)


def planned(
    run: Run, finding: Finding | None, moment: tuple[int, int], suspects: Sequence[int], wanted: Wanted
) -> Replay:
    """The experiment that would prove or acquit the suspect. Raises UserFacingError where none can."""
    plan = run.effective_plan()
    possible.check(run, plan)
    if moment[0] > _last(run):
        raise UserFacingError(f"{run.id} ended at step {_last(run)}", f"step {moment[0]}", "Name a step of the run.")
    rows, changes = _suspect(run, finding, suspects, wanted)
    was = _old(run, plan, changes)
    first = min(moment[0], _dealt(run, moment, rows)) if rows else moment[0]
    end = min(_last(run), moment[1] + (BESIDE if rows else max(LEAST_AFTER, round(AFTER * _last(run)))))
    start = 0 if set(changes) & set(FROM_THE_START) or isinstance(plan.adapter, AdaLora) else _before(run, first)
    weighed = (moment[0], moment[1] if rows else end)
    level, top = recorded(run, weighed)
    if top - level < LEAST_RISE * abs(level):
        raise UserFacingError(
            f"the loss did not rise at steps {weighed[0]} to {weighed[1]}: {level:.3g} before, {top:.3g} at most there",
            run.id,
            f"There is nothing to bring about again. Name a step at which it rose: it was highest at {highest(run)}.",
        )
    judged_by: Literal["peak", "end"] = "end" if finding and finding.label in ENDS and changes else "peak"
    pairs, seconds = _fitting(run, end - start, wanted)
    return Replay(
        run_id=run.id,
        plan_hash=plan.digest(),
        label=finding.label if finding else "",
        start=start,
        moment=weighed,
        end=end,
        rows=tuple(sorted(rows)),
        changes=changes,
        was=was,
        judged_by=judged_by,
        level=level,
        height=top - level,
        pairs=pairs,
        seconds=seconds,
        max_minutes=wanted.max_minutes or MINUTES,
    )


def _suspect(
    run: Run, finding: Finding | None, suspects: Sequence[int], wanted: Wanted
) -> tuple[tuple[int, ...], dict[str, Any]]:
    """What the person named, else the rows that stand out, else what the finding would change."""
    if wanted.rows or wanted.changes:
        return (wanted.rows, {}) if wanted.rows else ((), wanted.changes)
    fix = {k: v for k, v in own_fields(finding.fix).items() if k in REPLAYED} if finding else {}
    if suspects and (finding is None or finding.label in ("bad_batch", "nan_labels_masked") or not fix):
        return tuple(suspects), {}
    if fix:
        return (), fix
    raise UserFacingError(
        f"nothing in the record of {run.id} is suspect enough to be tried",
        "",
        "Name what you suspect: replay without row 17, or replay with learning rate 1e-4.",
    )


def _old(run: Run, plan: Plan, changes: dict[str, Any]) -> dict[str, Any]:
    """The values that would be changed. Raises UserFacingError for those that make another model."""
    other = [name for name in changes if name not in REPLAYED]
    if other:
        raise UserFacingError(
            f"{', '.join(other)} can't be changed within a run: its checkpoints would not fit any more",
            "",
            f"What can be tried: rows, or {', '.join(REPLAYED)}. For the rest, plan a new run and compare.",
        )
    replace(plan, changes)
    leaves = plan.leaves()
    return {name: leaves.get(name) for name in changes}


def _dealt(run: Run, moment: tuple[int, int], rows: Sequence[int]) -> int:
    """The first step of the moment with a suspect row; the last one before it where it has none."""
    steps = [s.step for s in read_steps(run.folder) if set(rows) & set(s.rows)]
    if not steps:
        raise UserFacingError(
            f"{run.id} was not trained on {'rows' if len(rows) > 1 else 'row'} {', '.join(map(str, rows))}",
            "",
            "Ask which rows stand out, and name one of those.",
        )
    inside = [n for n in steps if moment[0] <= n <= moment[1]]
    before = [n for n in steps if n < moment[0]]
    if not inside and not before:
        raise UserFacingError(
            f"the suspect rows came first at step {steps[0]}, after steps {moment[0]} to {moment[1]}",
            run.id,
            "What comes later can't be the cause. Name other rows, or another step.",
        )
    return inside[0] if inside else before[-1]


def _last(run: Run) -> int:
    return max((int(row["step"]) for row in run.history() if "loss" in row), default=1)


def _before(run: Run, step: int) -> int:
    """The step of the newest sealed checkpoint before one; 0 where none is left. Its files are read when it is used."""
    older = [step_of(p) for p in checkpoints(run.checkpoints) if (p / SEAL).exists()]
    return max((n for n in older if n < step), default=0)


def recorded(run: Run, moment: tuple[int, int]) -> tuple[float, float]:
    """The loss before a moment (a median of up to nine logs, else the first one) and its highest there."""
    rows = [(int(r["step"]), float(r["loss"])) for r in run.history() if "loss" in r]
    before = [loss for step, loss in rows if step < moment[0] and np.isfinite(loss)][-9:]
    there = [loss for step, loss in rows if moment[0] <= step <= moment[1]]
    level = float(np.median(before)) if before else next((x for _, x in rows if np.isfinite(x)), 0.0)
    finite = [x for x in there if np.isfinite(x)]
    broken = len(finite) < len(there)
    return level, float("inf") if broken else max(finite, default=level)


def highest(run: Run) -> int:
    """The step whose loss was the highest of the run; one that is no number counts as higher than any."""
    rows = [(int(r["step"]), float(r["loss"])) for r in run.history() if "loss" in r]
    return max(rows, key=lambda row: row[1] if np.isfinite(row[1]) else np.inf, default=(1, 0.0))[0]


def _fitting(run: Run, steps: int, wanted: Wanted) -> tuple[int, tuple[float, float]]:
    """As many pairs as fit into the minutes, two at the least, and the seconds they take."""
    limit = 60 * (wanted.max_minutes or MINUTES)
    pace = float(run.status().get("seconds_per_step") or 1.0)
    each = 2 * (LOADING + steps * pace)
    pairs = wanted.pairs or max(2, min(PAIRS, int((limit - START_UP) / (each * (1 + UNSURE)))))
    takes = START_UP + pairs * each
    if takes > limit:
        raise UserFacingError(
            f"{pairs} pairs of {steps} steps each would take about {takes / 60:.0f} minutes, "
            f"more than the {limit / 60:g} that a replay may take",
            "",
            f"Say it again with a budget: replay within {int(takes * (1 + UNSURE) / 60) + 1} minutes.",
        )
    return pairs, (round(takes * (1 - UNSURE)), round(takes * (1 + UNSURE)))


def same_plan(digest: str, run: Run) -> None:
    """Raise where the run's plan has changed since an experiment was laid on the table."""
    if run.effective_plan().digest() != digest:
        raise UserFacingError(f"the plan of {run.id} is not the one this was made for", "", "Ask for it again.")


def still_fits(replay: Replay, run: Run) -> None:
    """Raise where the run is not any more what the replay was made for."""
    same_plan(replay.plan_hash, run)
    if replay.start and not whole(run.checkpoints / f"checkpoint-{replay.start}"):
        raise UserFacingError(
            f"checkpoint-{replay.start} of {run.id} is gone or damaged", str(Path(run.id)), "Ask for the replay again."
        )
