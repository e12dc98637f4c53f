"""The examination of a run, seen from outside: starting it, where it stands, what it found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from trainer import processes
from trainer.errors import UserFacingError
from trainer.machine import idle_threads, worker_env
from trainer.records import read_json, write_atomic
from trainer.runs import ACTIVE, Run, RunStore

FILE, PROCESS = "examination.json", "examination.process.json"
WRITTEN = ("accuracy", "chrf")
"""Metrics of runs whose answers are written, so that others can write them too."""
BASE_SHARE = 3.5
"""The untrained model writes three times, once after examples; beside the two times of the run's own test."""


def read(run: Run) -> dict[str, Any]:
    """What is known: {status: running, finished, failed or died, phase, table, ...}; {} before it was asked for."""
    found = read_json(run.folder / FILE)
    if found.get("status") == "running" and not processes.running(read_json(run.folder / PROCESS)):
        return found | {"status": "died"}
    return found


def write(run: Run, **facts: Any) -> None:
    """Replace the document, keeping earlier facts."""
    write_atomic(run.folder / FILE, read_json(run.folder / FILE) | facts)


def start(run: Run) -> subprocess.Popen[bytes] | None:
    """Begin it in a process of its own, which goes on without this one; None where it is running already."""
    _check(run)
    if read(run).get("status") == "running":
        return None
    write_atomic(run.folder / FILE, {"status": "running", "phase": "reading the models"})
    with (run.folder / "examination.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "trainer.methods.examine", str(run.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=worker_env(idle_threads(run.plan().compute.threads)),
            cwd=Path(__file__).parents[2],
        )
    write_atomic(run.folder / PROCESS, processes.mark(process.pid))
    return process


def seconds(run: Run) -> float | None:
    """What it should take, by the run's own test: from the end of its training to its result."""
    at = {event["kind"]: float(event["at"]) for event in run.events()}
    if "trained" not in at or "result" not in at or at["result"] <= at["trained"]:
        return None
    return 10.0 + BASE_SHARE * (at["result"] - at["trained"])


def _check(run: Run) -> None:
    """Raise where there is nothing to compare, or another run holds the machine."""
    if run.status().get("status") != "finished":
        raise UserFacingError("is not finished", run.id, "Its test against prompting comes when it has a result.")
    if run.plan().evaluation.metric not in WRITTEN or not (run.folder / "data" / "train.jsonl").is_file():
        raise UserFacingError(
            "was not judged by written answers, so asking the untrained model in other ways can't be set beside it",
            run.id,
            "Its own result is what can be said of it: tunesmith evaluate without --baseline.",
        )
    busy = [other.id for other in RunStore(run.folder.parents[1]).all() if other.status().get("status") in ACTIVE]
    if busy:
        raise UserFacingError(
            f"{busy[0]} holds this machine, and both would crawl",
            "",
            f"Ask again when it has ended (tunesmith show {busy[0]}).",
        )
