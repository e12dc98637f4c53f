"""Experiments carried out, once for each approval, and kept with their run."""

from __future__ import annotations

import time
from typing import Any

from trainer.records import append, read_from
from trainer.replays.extent import Extent, ExtentOutcome, told
from trainer.replays.outcome import Outcome, curves_of, gradients_of, weighed
from trainer.replays.process import Watch, alone, lines_of
from trainer.replays.replay import Replay, same_plan, still_fits
from trainer.runs import Run

REPLAYS, EXTENTS = "replays.jsonl", "extents.jsonl"
"""In the run's folder: a line for each experiment that was carried out."""


def replayed(replay: Replay, run: Run, approval: str, watch: Watch | None = None) -> Outcome:
    """Carry a replay out and keep its outcome; the same approval gives the same one. Raises UserFacingError."""
    if (known := _known(run, REPLAYS, approval)) is not None:
        return Outcome.model_validate(known)
    still_fits(replay, run)
    began = time.monotonic()
    request = {"replay": replay.model_dump(mode="json")}
    with alone(run):
        lines = lines_of("replay", run, request, replay.max_minutes, 2 * replay.pairs * replay.steps, watch)
    found = weighed(replay, curves_of(lines), time.monotonic() - began)
    outcome = found.model_copy(update={"gradients": gradients_of(lines)})
    _keep(run, REPLAYS, approval, outcome.model_dump(mode="json"))
    return outcome


def extended(extent: Extent, run: Run, approval: str, watch: Watch | None = None) -> ExtentOutcome:
    """The same for a learning curve."""
    if (known := _known(run, EXTENTS, approval)) is not None:
        return ExtentOutcome.model_validate(known)
    same_plan(extent.plan_hash, run)
    began = time.monotonic()
    request = {"extent": extent.model_dump(mode="json")}
    with alone(run):
        lines = lines_of("extent", run, request, extent.max_minutes, extent.steps, watch)
    outcome = told(extent, lines, time.monotonic() - began)
    _keep(run, EXTENTS, approval, outcome.model_dump(mode="json"))
    return outcome


def outcomes(run: Run) -> list[Outcome]:
    """What was replayed of a run, oldest first."""
    return [Outcome.model_validate(line["outcome"]) for line in read_from(run.folder / REPLAYS)[0]]


def extents(run: Run) -> list[ExtentOutcome]:
    """The learning curves of a run, oldest first."""
    return [ExtentOutcome.model_validate(line["outcome"]) for line in read_from(run.folder / EXTENTS)[0]]


def _known(run: Run, file: str, approval: str) -> Any:
    lines = read_from(run.folder / file)[0]
    return next((line["outcome"] for line in lines if line["approval"] == approval), None)


def _keep(run: Run, file: str, approval: str, outcome: dict[str, Any]) -> None:
    append(run.folder / file, {"at": time.time(), "approval": approval, "outcome": outcome})
