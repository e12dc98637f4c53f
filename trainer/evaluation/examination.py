"""The examination of a run, seen from outside: starting it, where it stands, what it found."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from filelock import FileLock

from trainer import processes
from trainer.errors import UserFacingError
from trainer.evaluation import likeness
from trainer.machine import idle_threads, worker_env
from trainer.records import read_json, write_atomic
from trainer.runs import ACTIVE, Run, RunStore

FILE, PROCESS = "examination.json", "examination.process.json"
GRACE_SECONDS = 10.0
"""It is there, though its process is not noted yet."""
WRITTEN = ("accuracy", "chrf")
"""Metrics of runs whose answers are written, so that others can write them too."""
BASE_SHARE = 3.5
"""The untrained model writes three times, once after examples; beside the two times of the run's own test."""


def read(run: Run) -> dict[str, Any]:
    """What is known: {status: running, finished, failed or died, phase, table, ...}; {} before it was asked for."""
    found = read_json(run.folder / FILE)
    if found.get("status") != "running" or processes.running(read_json(run.folder / PROCESS)):
        return found
    again = read_json(run.folder / FILE)  # it may have ended between the two looks
    young = time.time() - (run.folder / FILE).stat().st_mtime < GRACE_SECONDS
    return again if again.get("status") != "running" or young else again | {"status": "died"}


def write(run: Run, **facts: Any) -> None:
    """Replace the document, keeping earlier facts."""
    write_atomic(run.folder / FILE, read_json(run.folder / FILE) | facts)


def start(run: Run) -> None:
    """Begin it in a process of its own, which goes on without this one; nothing where it is running already."""
    _check(run)
    with FileLock(run.folder / "examination.lock"):
        if read(run).get("status") == "running":
            return
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
    """Raise where there is nothing to compare, or another run holds the machine."""
    if run.status().get("status") != "finished":
        raise UserFacingError("is not finished", run.id, "Its test against prompting comes when it has a result.")
    if not suits(run):
        raise UserFacingError(
            "was not judged by written answers, so asking the untrained model in other ways can't be set beside it",
            run.id,
            "Its own result is what can be said of it: tunesmith evaluate without --baseline.",
        )
    likeness.embedder()  # a folder that can't be used is told now, not after minutes
    others = [other for other in RunStore(run.folder.parents[1]).all() if other.id != run.id]
    busy = [o.id for o in others if o.status().get("status") in ACTIVE or read(o).get("status") == "running"]
    if busy:
        raise UserFacingError(
            f"{busy[0]} holds this machine, and both would crawl",
            "",
            f"Ask again when it has ended (tunesmith show {busy[0]}).",
        )
