"""Finished runs teach: errors by median and 90th percentile, bias without undoing itself, nothing from odd runs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.estimates.plans import facts, plan
from trainer import processes
from trainer.estimates import estimates, kept, record
from trainer.estimates.probed import Probe, Steps
from trainer.machine import machine_fingerprint, peak_gb, read_machine
from trainer.proposal import propose
from trainer.records import write_atomic
from trainer.runs import Run, RunStore
from trainer.wishes import Wishes


def row(ratio: float, basis: str = "formula", correction: float = 1.0, **more: Any) -> dict[str, Any]:
    pair = {"basis": basis, "low": 0.9, "high": 1.1, "correction": correction, "measured": ratio}
    return {"machine": "here", "time": pair, "memory": pair, **more}


def test_median_and_percentile_over_runs_of_this_machine() -> None:
    rows = [row(r) for r in (1.0, 1.1, 0.9, 1.25)] + [row(9.0, machine="elsewhere")]
    found = record.past("here", rows)["time:formula"]
    assert found.runs == 4
    assert found.ratio == pytest.approx(1.05)
    assert 0.09 < found.error_p50 < 0.12
    assert found.error_p90 == pytest.approx(0.2)


def test_a_correction_does_not_undo_itself() -> None:
    """Estimates that were doubled already and are right now still say: the formula is off by two."""
    assert record.past("here", [row(1.0, correction=2.0)] * 3)["time:formula"].ratio == pytest.approx(2.0)
    assert record.past("here", [row(1.0, correction=2.0)] * 3)["time:formula"].error_p50 == pytest.approx(0.0)


def test_an_early_end_says_nothing_about_time() -> None:
    found = record.past("here", [row(0.2, early=True)])
    assert "time:formula" not in found and "memory:formula" in found


@pytest.fixture
def run(home: Path, qa_file: Path) -> Run:
    """A finished run that took 30 seconds."""
    made, _ = RunStore(home).create(propose(qa_file, Wishes(goal="g", max_steps=4)), "yes")
    mark = processes.mark(os.getpid())
    born = (time.clock_gettime(time.CLOCK_BOOTTIME) - 30) * processes.TICKS
    write_atomic(made.folder / "worker.json", mark | {"born": born})
    write_atomic(made.folder / "exit.json", {"code": 0, "peak_gb": 1.2, "reason": "ended by itself"})
    made.set_status("finished", step=4, max_steps=4)
    made.event("worker_ended", code=0)
    return made


def test_a_finished_run_is_compared_and_shown_next_time(run: Run, qa_file: Path) -> None:
    record.finished(run)
    found = read_machine(measure=False).past
    assert found["memory:formula"].runs == 1
    told = record.comparison(run) or {}
    assert told["time"]["measured"] == pytest.approx(0.5, abs=0.05)
    assert told["memory"]["measured"] == 1.2
    again = propose(qa_file, Wishes(goal="g", max_steps=4)).estimates
    assert "in your last run it was off by" in again.memory.why


@pytest.mark.parametrize("kind", ["resumed", "time_limit", "stopped"])
def test_odd_runs_are_left_out(run: Run, kind: str) -> None:
    run.event(kind)
    assert record.comparison(run) is None


def test_repaired_runs_and_trials_are_left_out(run: Run) -> None:
    run.set_status("finished", kind="trial")
    assert record.comparison(run) is None
    run.set_status("finished", kind="run")
    (run.folder / "repairs.jsonl").write_text("{}\n")
    assert record.comparison(run) is None


def test_a_broken_record_changes_nothing(run: Run) -> None:
    (run.folder / "proposal.json").write_text("{")
    record.finished(run)
    assert not record.record_file().exists()


def test_the_peak_is_this_process_own() -> None:
    assert 0.01 < peak_gb(os.getpid()) < 50
    assert peak_gb(2**22 + 1) == 0.0
    assert len(machine_fingerprint()) == 16


def probe(**more: Any) -> Probe:
    usual = Steps(tokens=600, seconds=0.5, batch_seconds=0.4, spread=0.1)
    shared: dict[str, Any] = {"machine": "here", "model": "m", "shape": "s", "at": 0.0, "threads": 2, "accumulation": 1}
    shared |= {"startup_seconds": 10, "warm_up_seconds": 1, "typical": usual, "eval_seconds_per_row": 0.01}
    shared |= {"longest": Steps(tokens=1200, seconds=0.9, batch_seconds=0.8), "save_seconds": 0.2}
    shared |= {"checkpoint_bytes": 10, "finish_seconds": 1, "load_seconds": 0.5, "test_seconds_per_row": 0.02}
    shared |= {"process_gb": 0.7, "train_gb": 1.0, "peak_gb": 1.3, "seconds": 20, "call_seconds": 0.01, "calls": 20}
    return Probe(**(shared | {"answered": 64} | more))


def test_a_probe_makes_the_ranges_narrow_and_says_so() -> None:
    by_formula, by_probe = estimates(plan(), facts()), estimates(plan(), facts(), probe())
    assert by_probe.time.basis == by_probe.memory.basis == "probe"
    assert (by_probe.memory.high or 9) / (by_probe.memory.low or 1) < 1.12
    width = [(t.high or 0) / (t.low or 1) for t in (by_probe.time, by_formula.time)]
    assert width[0] < width[1]
    # 100 steps of half a second, start-up, 5 looks at 100 rows, the test
    assert 60 * sum(by_probe.time.terms.values()) == pytest.approx(50 + 10 + 1 + 5 + 2 + 5 + 0.5, abs=4)


def test_more_accumulation_than_was_measured_is_added() -> None:
    once = estimates(plan(max_steps=10), facts(), probe()).time.terms["training"]
    four = estimates(plan(max_steps=10, gradient_accumulation_steps=4), facts(), probe()).time.terms["training"]
    assert 60 * (four - once) == pytest.approx(10 * 3 * 0.4, abs=0.1)


def test_kept_probes_go_by_machine_model_and_shape(home: Path) -> None:
    here = facts()
    kept.keep(plan(), here, probe())
    assert kept.known(plan(), here) == probe()
    assert kept.known(plan(max_steps=99, learning_rate=1e-5), here) == probe()
    assert kept.known(plan(per_device_train_batch_size=16), here) is None
    assert kept.known(plan(tuning="full"), here) is None
    assert kept.known(plan(), facts(fingerprint="elsewhere")) is None


def test_of_a_gpu_what_was_taken_of_it_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's own memory says nothing there: mapped libraries alone are gigabytes."""
    onto_gpu(run, monkeypatch)
    assert record.comparison(run) is None
    run.event("finished", held_gb=20.5)
    assert (record.comparison(run) or {})["memory"]["measured"] == 20.5


def onto_gpu(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    there = run.plan().model_copy(update={"compute": run.plan().compute.model_copy(update={"device": "cuda"})})
    monkeypatch.setattr(Run, "plan", lambda _: there)
