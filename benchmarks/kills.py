"""Random kills (SIGKILL) of a worker in training and while it writes checkpoints; nothing announced may be lost.

`python -m benchmarks.kills --training 200 --saving 100 --seed 7` prints a table. The worker's modules are
imported once and every worker is a fork that runs `trainer.worker.main`: a cycle costs about a second instead
of ten. Each run is killed again and again, resumed each time, and its losses are compared with a run that
nobody touched.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

import argparse
import gc
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer import worker
from trainer.checkpoints import STAGING, last_good, step_of
from trainer.methods import sft, train  # noqa: F401  (what a worker would import first)
from trainer.paths import home
from trainer.proposal import Proposal, propose
from trainer.runs import Run, RunStore
from trainer.wishes import Wishes

STEPS, SAVE_EVERY = 10, 2
KINDS: tuple[dict[str, Any], ...] = (
    {"tuning": "lora", "lora_dropout": 0.1, "learning_rate": 2e-3},
    {"tuning": "full", "learning_rate": 1e-3},
    {"tuning": "lora", "gradient_accumulation_steps": 3, "lora_dropout": 0.05},
)
"""What is trained: dropout needs the random numbers back, accumulation the order of the rows in a step."""
SAVING_MS = 30.0
"""Kills in writing come up to this long after the staging folder has appeared."""
TRIES = 40
"""Kills of one run at most, before it is let go to its end."""


@dataclass
class Tally:
    """What was tried, and what was found wrong."""

    kills: int = 0
    in_writing: int = 0
    runs: int = 0
    lost: int = 0
    unresumed: int = 0
    worst: float = 0.0
    lost_steps: list[int] = field(default_factory=list)


def plan(folder: Path, **wishes: Any) -> Proposal:
    path = folder / "qa.csv"
    things = ("parcel", "refund", "invoice", "password", "voucher", "account")
    rows = [f'"where is my {t} number {i}?","Hello! Your {t} {i} is fine."' for i in range(8) for t in things]
    path.write_text("question,answer\n" + "\n".join(rows) + "\n", "utf-8")
    said = {"max_steps": STEPS, "eval_steps": SAVE_EVERY, "per_device_train_batch_size": 2} | wishes
    return propose(path, Wishes(goal="kills", dataset_path=str(path), **said))


def new_run(proposal: Proposal, name: str) -> Run:
    """A trial: trained, not tested on the hold-out."""
    return RunStore(home()).create(proposal, name, kind="trial")[0]


def fork(run: Run, resume: bool, before: Callable[[], None] | None = None) -> int:
    """A worker of this run; its process id. `before` is called in it first."""
    pid = os.fork()
    if pid:
        return pid
    log = os.open(run.folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["worker", str(run.folder), *(["resume"] if resume else [])]
    code = 70
    try:
        if before is not None:
            before()
        code = worker.main()
    finally:
        os._exit(code)


def waited(pid: int, seconds: float = 120.0) -> int:
    """The exit code of a worker; it is killed if it takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise TimeoutError(f"worker {pid} did not end in {seconds:.0f} s")


def announced(run: Run) -> int:
    """The last step that the record says is saved."""
    return max((e["step"] for e in run.events() if e["kind"] == "saved"), default=0)


def reached(run: Run) -> int:
    """The last step that was logged."""
    return max((row["step"] for row in run.history() if "loss" in row), default=0)


def losses(run: Run) -> dict[tuple[int, str], float]:
    names = ("loss", "eval_loss")
    return {(row["step"], n): row[n] for row in run.history() for n in names if n in row}


def difference(run: Run, whole: Run) -> float:
    """The largest difference of a loss, and infinity where a row is missing or there are two."""
    a, b = losses(run), losses(whole)
    rows = [(r["step"], n) for r in run.history() for n in ("loss", "eval_loss") if n in r]
    if a.keys() != b.keys() or len(rows) != len(set(rows)):
        return float("inf")
    return max(abs(a[k] - b[k]) for k in a)


def in_training(rng: random.Random, run: Run, pid: int, span: float) -> bool:
    """Kill after a random while; False when the worker was faster."""
    deadline = time.monotonic() + rng.uniform(0.0, span)
    while time.monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def in_saving(rng: random.Random, run: Run, pid: int, size: int) -> bool:
    """Kill some milliseconds after the staging folder appears, or when a random number of bytes is in it."""
    staging, skip, begun = run.checkpoints / STAGING, rng.randrange(3), False
    while True:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        there = staging.is_dir()
        if there and not begun and skip == 0:
            break
        skip -= there and not begun
        begun = there
        time.sleep(0.0005)
    if rng.random() < 0.5 or not size:
        time.sleep(rng.uniform(0, SAVING_MS / 1000))
    else:
        wanted, limit = rng.uniform(0, size), time.monotonic() + 1
        while staging.is_dir() and _bytes(staging) < wanted and time.monotonic() < limit:
            pass
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def _bytes(folder: Path) -> int:
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(base, name)).st_size  # noqa: PTH116, PTH118  (a tight loop)
            except OSError:
                continue
    return total


def checked(run: Run, tally: Tally) -> None:
    """After a kill: is what was announced there, and whole?"""
    tally.kills += 1
    tally.in_writing += (run.checkpoints / STAGING).is_dir()
    good, broken = last_good(run.checkpoints)
    step = step_of(good) if good else 0
    tally.lost += step < announced(run) or bool(broken)
    tally.lost_steps.append(max(0, reached(run) - step))


def torment(proposal: Proposal, whole: Run, kills: int, how: Any, rng: random.Random, span: float) -> Tally:
    """Runs that are killed until the number is reached; each one is then let go and compared."""
    tally = Tally()
    while tally.kills < kills:
        run, tried = new_run(proposal, f"{how.__name__}-{rng.random()}"), 0
        tally.runs += 1
        alive = True
        while alive and tried < TRIES and tally.kills < kills:
            pid = fork(run, resume=tried > 0)
            alive = how(rng, run, pid, span)
            if alive:
                tried += 1
                checked(run, tally)
        if alive:
            code = waited(fork(run, resume=tried > 0))
            tally.unresumed += code != 0
        tally.worst = max(tally.worst, difference(run, whole))
        shutil.rmtree(run.folder)
    return tally


def row(name: str, t: Tally) -> str:
    lost = sorted(t.lost_steps)
    p95 = lost[int(len(lost) * 0.95)] if lost else 0
    return (
        f"| {name} | {t.kills} | {t.in_writing} | {t.runs} | {t.lost} | {t.unresumed} | {p95} of {SAVE_EVERY} "
        f"| {t.worst:.1e} |"
    )


HEAD = """| what | kills | half-written folder found | runs | announced checkpoints lost or damaged | not resumed \
| steps lost (p95) of save interval | largest difference of a loss |
|---|---|---|---|---|---|---|---|"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--training", type=int, default=200)
    options.add_argument("--saving", type=int, default=100)
    options.add_argument("--seed", type=int, default=7)
    args = options.parse_args()
    folder = Path(tempfile.mkdtemp())
    os.environ["TUNESMITH_HOME"] = str(folder / "home")
    (folder / "home").mkdir()
    (folder / "home" / "machine.json").write_text("{}")  # the speed is of no interest here
    gc.freeze()  # else every fork walks through all that was imported
    began = time.monotonic()
    try:
        print(f"seed {args.seed}, {STEPS} steps, a checkpoint every {SAVE_EVERY}\n{HEAD}")
        for number, wishes in enumerate(KINDS):
            rng = random.Random(args.seed * 100 + number)
            proposal = plan(folder, **wishes)
            whole, start = new_run(proposal, f"whole-{number}"), time.monotonic()
            assert waited(fork(whole, resume=False)) == 0, (whole.folder / "worker.log").read_text()[-2000:]
            span = time.monotonic() - start
            size = _bytes(last_good(whole.checkpoints)[0] or folder)
            told = ", ".join(f"{k} {v}" for k, v in wishes.items())
            for how, kills, unit in ((in_training, args.training, span * 0.8), (in_saving, args.saving, size)):
                share = kills // len(KINDS) + (number < kills % len(KINDS))
                tally = torment(proposal, whole, share, how, rng, unit)
                print(row(f"{how.__name__.replace('_', ' ')}: {told}", tally), flush=True)
        print(f"\n{time.monotonic() - began:.0f} s in all")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
