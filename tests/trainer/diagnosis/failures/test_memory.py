"""The moment at which memory ran out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.trainer.recorded import run_of, write_rows
from trainer.diagnosis.failures.memory import WORDS, ran_out
from trainer.records import append
from trainer.runs import Run

LACK = "out of memory: it held 7.9 GB of 8.0. Choose a shorter max_length"


def short(folder: Path, steps: int, longest_at: int | None = None, **state: Any) -> Run:
    """A run whose memory ran out after some steps; one row is far longer than the others."""
    run = run_of(folder, eval_steps=10)
    write_rows(run, {50: "long " * 400})
    for step in range(1, steps + 1):
        rows = [50, step] if step == longest_at else [step + 60, step + 61]
        append(run.folder / "steps.jsonl", {"step": step, "rows": rows})
        append(run.folder / "metrics.jsonl", {"step": step, "loss": 1.0, "grad_norm": 1.0, **state})
    run.set_status("failed", step=steps, reason=LACK)
    run.event("worker_ended", code=12, reason=LACK)
    return run


def test_none_where_it_never_ran_out(home: Path, tmp_path: Path) -> None:
    assert ran_out(run_of(tmp_path)) is None


@pytest.mark.parametrize(
    ("steps", "longest_at", "moment"),
    [(0, None, "first step"), (10, None, "first look"), (23, None, "longest batch"), (24, 3, "a step like others")],
)
def test_by_what_had_been_done(home: Path, tmp_path: Path, steps: int, longest_at: int | None, moment: str) -> None:
    found = ran_out(short(tmp_path, steps, longest_at))
    assert found is not None
    assert (found.moment, found.step) == (moment, steps)
    assert found.why
    assert found.moment in WORDS


def test_a_later_look(home: Path, tmp_path: Path) -> None:
    run = short(tmp_path, 20)
    append(run.folder / "metrics.jsonl", {"step": 10, "eval_loss": 1.0})
    found = ran_out(run)
    assert found is not None
    assert found.moment == "a later look"


def test_the_test_on_the_sealed_rows(home: Path, tmp_path: Path) -> None:
    run = short(tmp_path, 20)
    run.event("trained", step=20)
    found = ran_out(run)
    assert found is not None
    assert found.moment == "test"
