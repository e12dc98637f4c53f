"""Would more rows help, and was it chance? The same training on shares of its rows, and with another seed.

Steps and watched rows stay the same, so that the lowest validation losses can be compared: fewer rows come round more
often, and training ends early where that does harm. Chance is the difference that
another seed makes on all rows: what more rows would gain is told beside it, and not told where it is no larger.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trainer.data.stored import examples_in
from trainer.errors import UserFacingError
from trainer.replays import possible
from trainer.replays.replay import LOADING, START_UP, UNSURE
from trainer.runs import Run

SHARES = (0.25, 0.5)
LEAST_ROWS = 16
MINUTES = 60.0
CLEAR = 2.0
"""Times the difference between seeds from which on a gain is no chance."""
Verdict = Literal["more rows would help", "more rows would hardly help", "cannot tell"]


class Extent(BaseModel):
    """One learning curve, laid on the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    plan_hash: str
    rows: int
    """Training rows of the run: the whole."""
    shares: tuple[float, ...] = SHARES
    seed: int
    """The other seed, on all rows."""
    steps: int
    """Optimizer steps of all trainings together."""
    seconds: tuple[float, float]
    max_minutes: float = Field(default=MINUTES, gt=0)

    @property
    def hash(self) -> str:
        """SHA-256 of the whole document."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Point(BaseModel):
    """One training's lowest validation loss; inf where it diverged."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    share: float
    seed: int
    loss: float


class ExtentOutcome(BaseModel):
    """The curve and what it says."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    extent: Extent
    points: list[Point]
    noise: float | None
    """Difference that the other seed makes; None where it did not come to its end."""
    gain: float | None
    """What the last doubling of the rows gained."""
    verdict: Verdict
    seconds: float = 0.0


def planned_extent(run: Run, max_minutes: float | None = None) -> Extent:
    """What would be trained. Raises UserFacingError where a curve would say nothing."""
    plan, state = run.effective_plan(), run.status()
    if best_of(run) is None or state.get("status") != "finished":
        raise UserFacingError(f"{run.id} has not come to its end: nothing to compare with", "", "Resume it first.")
    possible.check(run, plan)
    rows = len(examples_in(run.folder / "data" / "train.jsonl"))
    if rows * SHARES[0] < LEAST_ROWS:
        raise UserFacingError(f"a quarter of {rows} rows is too few to train on", run.id, f"{LEAST_ROWS} are needed.")
    whole = int(state.get("max_steps") or run.proposal().estimates.steps)
    steps = whole * (len(SHARES) + 1)
    pace = float(state.get("seconds_per_step") or 1.0)
    takes = START_UP + (len(SHARES) + 1) * LOADING + steps * pace
    limit = max_minutes or MINUTES
    if takes > 60 * limit:
        raise UserFacingError(
            f"the learning curve would take about {takes / 60:.0f} minutes, more than the {limit:g} that it may take",
            "",
            f"Say it again with a budget: within {int(takes * (1 + UNSURE) / 60) + 1} minutes.",
        )
    span = (round(takes * (1 - UNSURE)), round(takes * (1 + UNSURE)))
    return Extent(
        run_id=run.id,
        plan_hash=plan.digest(),
        rows=rows,
        seed=plan.schedule.seed + 1,
        steps=steps,
        seconds=span,
        max_minutes=limit,
    )


def best_of(run: Run) -> float | None:
    """The run's own lowest validation loss."""
    losses = [float(row["eval_loss"]) for row in run.history() if isinstance(row.get("eval_loss"), int | float)]
    return min(losses, default=None)


def told(extent: Extent, lines: Sequence[dict[str, Any]], seconds: float = 0.0) -> ExtentOutcome:
    """The outcome from the lines {share, seed, best} of trainings that came to their end."""
    points = [Point(share=x["share"], seed=x["seed"], loss=x["best"]) for x in lines if x.get("best") is not None]
    own = [p for p in points if p.seed != extent.seed]
    other = [p for p in points if p.seed == extent.seed]
    whole = next((p.loss for p in own if p.share == 1.0), None)
    half = next((p.loss for p in own if p.share == max(extent.shares)), None)
    noise = _finite(abs(other[0].loss - whole)) if other and whole is not None else None
    gain = _finite(half - whole) if half is not None and whole is not None else None
    return ExtentOutcome(
        extent=extent,
        points=points,
        noise=noise,
        gain=gain,
        verdict=_verdict(noise, gain),
        seconds=round(seconds, 1),
    )


def _finite(value: float) -> float | None:
    """None where a training diverged: that says nothing about rows."""
    return value if math.isfinite(value) else None


def _verdict(noise: float | None, gain: float | None) -> Verdict:
    if noise is None or gain is None:
        return "cannot tell"
    return "more rows would help" if gain > CLEAR * noise and gain > 0 else "more rows would hardly help"
