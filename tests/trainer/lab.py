"""Runs that are really started and really hurt: shared by the tests of the worker and the table of faults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from trainer import launch, processes
from trainer.checkpoints import last_good
from trainer.fields import replace
from trainer.machine import worker_env
from trainer.paths import home
from trainer.proposal import propose
from trainer.records import read_json
from trainer.runs import ACTIVE, Run, RunStore
from trainer.wishes import Wishes

LIMIT = 240
"""Seconds for one run, on a machine that has other things to do."""
SHORT: dict[str, Any] = {"max_steps": 12, "eval_steps": 3, "per_device_train_batch_size": 4, "tuning": "lora"}


class Nursery:
    """Starts runs as `launch.start` does, but as forks of a process that has imported everything already."""

    def __enter__(self) -> Nursery:
        command = [sys.executable, "-m", "tests.trainer.nursery"]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=worker_env(1), cwd=root
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def start(self, run: Run, resume: bool = False, **env: str) -> Run:
        """A run on its way, or on its way again."""

        def forked(run: Run, resume: bool) -> None:
            order = {"folder": str(run.folder), "resume": resume, "env": {**_own(), **env}}
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()

        with patch.object(launch, "_supervised", forked):
            launch.start(run, resume)
        return run

    def begun(self, path: Path, name: str, changes: dict[str, Any] | None = None, **wishes: Any) -> Run:
        """A new run on its way."""
        return self.start(made(path, name, changes, **wishes))

    def resumed(self, run: Run, **env: str) -> Run:
        """The run, resumed and finished."""
        return finished(self.start(run, resume=True, **env))


def _own() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("TUNESMITH_")}


def rows(path: Path, count: int = 60, words: int = 1) -> Path:
    """Questions with answers; `words` makes them longer."""
    more = " please help me with it soon" * words
    lines = [f'"where is my parcel number {i}{more}?","Hello! Your parcel {i} is fine{more}."' for i in range(count)]
    path.write_text("question,answer\n" + "\n".join(lines) + "\n", "utf-8")
    return path


def made(path: Path, name: str, changes: dict[str, Any] | None = None, kind: str = "trial", **wishes: Any) -> Run:
    """An approved run, not yet started; as a trial it is not tested on the hold-out."""
    proposal = propose(path, Wishes(goal="test", dataset_path=str(path), **(SHORT | wishes)))
    if changes:
        plan = replace(proposal.plan, changes)
        proposal = proposal.model_copy(update={"plan": plan, "hash": plan.digest()})
    facts = {"kind": kind} if kind else {}
    return RunStore(home()).create(proposal, name, **facts)[0]


def until(run: Run, wanted: Callable[[dict[str, Any]], Any], limit: float = LIMIT) -> dict[str, Any]:
    """The first state that is as wanted."""
    started = time.monotonic()
    while time.monotonic() - started < limit:
        state = run.status()
        if wanted(state):
            return state
        time.sleep(0.02)
    log = run.folder / "worker.log"
    raise AssertionError(f"{run.id} is {run.status()}; log: {log.read_text()[-2000:] if log.exists() else 'none'}")


def ended(state: dict[str, Any]) -> bool:
    return state.get("status") not in ACTIVE


def saved(run: Run) -> Callable[[dict[str, Any]], Any]:
    """Wanted: a checkpoint that was announced, or the end."""
    return lambda state: kinds(run).count("saved") or ended(state)


def finished(run: Run) -> Run:
    state = until(run, ended)
    assert state["status"] == "finished", (state, (run.folder / "worker.log").read_text()[-1500:])
    return run


def kinds(run: Run) -> list[str]:
    return [event["kind"] for event in run.events()]


def event(run: Run, kind: str) -> dict[str, Any]:
    return [e for e in run.events() if e["kind"] == kind][-1]


def worker(run: Run) -> int:
    """The worker's process id."""
    return int(read_json(run.folder / "worker.json")["pid"])


def kill(run: Run, how: signal.Signals = signal.SIGKILL) -> None:
    os.kill(worker(run), how)


def losses(run: Run) -> dict[tuple[int, str], float]:
    names = ("loss", "eval_loss")
    return {(row["step"], n): row[n] for row in run.history() for n in names if n in row}


def difference(run: Run, whole: Run) -> float:
    """The largest difference of a logged loss; infinity where one is missing or stands there twice."""
    a, b = losses(run), losses(whole)
    told = [(r["step"], n) for r in run.history() for n in ("loss", "eval_loss") if n in r]
    if a.keys() != b.keys() or len(told) != len(set(told)):
        return float("inf")
    return max(abs(a[k] - b[k]) for k in a)


def measured(folder: Path) -> Path:
    """A home whose machine was 'measured' already."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "machine.json").write_text(json.dumps({"train_gflops": {}}))
    return folder


def kill_all(run: Run) -> None:
    """Supervisor and worker, as when the power fails."""
    for name in ("process.json", "worker.json"):
        os.kill(int(read_json(run.folder / name)["pid"]), signal.SIGKILL)
    until(run, ended)


def has_worker(run: Run) -> bool:
    return (run.folder / "worker.json").exists()


def checkpoint_found(run: Run) -> str | None:
    """The checkpoint that a resume would take."""
    good, _ = last_good(run.checkpoints)
    return good.name if good else None


def start_and_stop(nursery: Nursery, run: Run) -> None:
    """Whether a run can go on, without waiting for its end."""
    before = kinds(run).count("saved")
    nursery.start(run, resume=True)
    until(run, lambda s: kinds(run).count("saved") > before or ended(s))
    run.ask_stop()
    assert until(run, ended)["status"] == "stopped"


def leave(run: Run) -> None:
    """End what is left of a run's processes."""
    for name in ("process.json", "worker.json"):
        mark = read_json(run.folder / name)
        deadline = time.monotonic() + 10
        while processes.running(mark) and time.monotonic() < deadline:
            time.sleep(0.05)
        if processes.running(mark):
            os.kill(int(mark["pid"]), signal.SIGKILL)
