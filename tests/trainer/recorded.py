"""Runs with a record written by hand: rows, the steps they made, logs. For the rooms that read records."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from pathlib import Path
from typing import Any

from benchmarks.methods import data
from tests.trainer.lab import made
from trainer.checkpoints import seal
from trainer.data.convert import Example
from trainer.records import append
from trainer.runs import Run

SPIKE, BAD = 38, 77
STEPS = 60


def run_of(folder: Path, method: str = "sft", name: str = "", **wishes: Any) -> Run:
    """A run that was approved and has done nothing yet."""
    return made(data(folder, method), name or method, method=method, **({"tuning": "full"} | wishes))


def write_rows(run: Run, answers: Mapping[int, str], count: int = 200, name: str = "train") -> None:
    """Training rows; all say yes but for those named."""
    (run.folder / "data").mkdir(exist_ok=True)
    for n in range(1, count):
        turns = (("user", f"question {n}"), ("assistant", answers.get(n, "yes")))
        append(run.folder / "data" / f"{name}.jsonl", {"row": n, **Example(n, turns).trl()})


def write_curve(run: Run, spikes: Mapping[int, float] | None = None, evals: Mapping[int, float] | None = None) -> None:
    """Sixty steps of two rows each; `spikes` gives a step another loss, made by its first row."""
    for step in range(1, STEPS + 1):
        rows, losses = [3 * step, 3 * step + 1], [1.0 + 2.0 * exp(-step / 6) + 0.01 * (step % 7), 1.1]
        if spikes and step in spikes:
            rows, losses = [BAD if step == SPIKE else rows[0], rows[1]], [spikes[step], 1.1]
        append(run.folder / "steps.jsonl", {"step": step, "rows": rows, "losses": losses})
        logged = {"loss": sum(losses) / 2, "grad_norm": 1.0, "learning_rate": 1e-4, "epoch": step / 20}
        append(run.folder / "metrics.jsonl", {"step": step, "elapsed": step / 2, **logged})
        if evals and step in evals:
            append(run.folder / "metrics.jsonl", {"step": step, "eval_loss": evals[step], "epoch": step / 20})


def spiked(folder: Path) -> Run:
    """A finished run with one bad row in step 38, and a checkpoint at step 30."""
    run = run_of(folder)
    write_rows(run, {BAD: "aGVsbG8gd29ybGQ" * 20})
    write_curve(run, {SPIKE: 8.0}, {20: 1.2, 40: 1.09, 60: 1.08})
    saved = run.checkpoints / "checkpoint-30"
    saved.mkdir(parents=True)
    (saved / "model.safetensors").write_bytes(b"weights")
    seal(saved)
    run.set_status("finished", step=STEPS, max_steps=STEPS, seconds_per_step=0.5)
    return run
