"""The examination of a run, seen from outside: starting it, where it stands, what it found."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.evaluation import likeness
from trainer.evaluation.aside import Aside, check_idle
from trainer.runs import Run

WRITTEN = ("accuracy", "chrf")
"""Metrics of runs whose answers are written, so that others can write them too."""
BASE_SHARE = 3.5
"""The untrained model writes three times, once after examples; beside the two times of the run's own test."""


def of(run: Run) -> Aside:
    """A run's examination: {status, phase, table, ...}."""
    return Aside(run, "examination", "trainer.methods.examine")


def read(run: Run) -> dict[str, Any]:
    """What is known of it; {} before it was asked for."""
    return of(run).read()


def start(run: Run) -> None:
    """Begin it in a process of its own. Raises UserFacingError where there is nothing to compare."""
    _check(run)
    of(run).start()


def seconds(run: Run) -> float | None:
    """What it should take, by the run's own test: from the end of its training to its result."""
    at = {event["kind"]: float(event["at"]) for event in run.events()}
    if "trained" not in at or "result" not in at or at["result"] <= at["trained"]:
        return None
    return 10.0 + BASE_SHARE * (at["result"] - at["trained"])


def suits(run: Run) -> bool:
    """Whether it was judged by written answers, so that others can write them too."""
    plan = run.plan()
    asked = plan.evaluation.metric in WRITTEN and plan.data.format != "text"
    return asked and (run.folder / "data" / "train.jsonl").is_file()


def _check(run: Run) -> None:
    if run.status().get("status") != "finished":
        raise UserFacingError("is not finished", run.id, "Its test against prompting comes when it has a result.")
    if not suits(run):
        raise UserFacingError(
            "was not judged by written answers, so asking the untrained model in other ways can't be set beside it",
            run.id,
            "Its own result is what can be said of it: tunesmith evaluate without --baseline.",
        )
    likeness.embedder()  # a folder that can't be used is told now, not after minutes
    check_idle(run, of(run))
