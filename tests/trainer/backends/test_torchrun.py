"""Two processes by torchrun, for real: the loss of one process, one stop for all, a killed one is told and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.trainer.backends.runs import begun, ended, losses, planned, until
from trainer import launch
from trainer.machine import worker_env
from trainer.records import read_json
from trainer.runs import Run

TWO = {"num_processes": 2, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}


def process_of(run: Run, rank: int) -> psutil.Process:
    launcher = psutil.Process(run.status()["worker_pid"])
    return next(p for p in launcher.children() if p.environ().get("RANK") == str(rank))


def test_two_processes_end_where_one_does(home: Path, qa_file: Path) -> None:
    one, two = begun(qa_file, "one"), planned(qa_file, "two", **TWO)
    assert until(one, ended)["status"] == "finished"
    assert one.plan().effective_batch_size == two.plan().effective_batch_size
    launch.start(two)
    assert until(two, ended)["status"] == "finished"
    a, b = losses(one), losses(two)
    assert set(a) == set(b)
    inside = sorted(a)[:10]  # the epoch ends at step 11: its last batch is filled up, so that both have rows
    assert [b[s] for s in inside] == pytest.approx([a[s] for s in inside], abs=1e-4)
    held = [run.result()["loss"]["tuned"]["value"] for run in (one, two)]
    assert held[0] == pytest.approx(held[1], abs=0.01)
    assert [e["kind"] for e in two.events()].count("data_ready") == 1
    assert len(two.history()) == len(one.history())


def test_a_killed_process_is_told_and_the_run_goes_on_from_its_checkpoint(home: Path, qa_file: Path) -> None:
    run = begun(qa_file, "k", {"max_steps": 200}, **TWO)
    until(run, lambda s: run.last_checkpoint_name() or ended(s))
    process_of(run, 1).kill()
    state = until(run, ended)
    assert state["status"] == "died"
    assert "process 2 of 2 was killed (signal 9)" in state["reason"]
    assert state["saved"]
    launch.start(run, resume=True)
    until(run, lambda s: s.get("status") == "running" and s["step"] > 4)
    run.ask_stop()
    state = until(run, ended)
    assert state["status"] == "stopped"
    assert state["saved"] == f"checkpoint-{state['step']}"
    steps = [r["step"] for r in run.history() if "loss" in r]
    assert steps == sorted(set(steps))


@pytest.mark.slow
def test_a_killed_launcher_takes_its_processes_with_it(home: Path, qa_file: Path) -> None:
    run = begun(qa_file, "l", {"max_steps": 500}, **TWO)
    until(run, lambda s: s.get("status") == "running" and s["step"] > 0)
    both = [process_of(run, 0), process_of(run, 1)]
    os.kill(read_json(run.folder / "process.json")["pid"], signal.SIGKILL)
    os.kill(run.status()["worker_pid"], signal.SIGKILL)
    _, alive = psutil.wait_procs(both, timeout=10)
    assert not alive
    assert run.status()["status"] == "died"


def test_a_plan_for_two_is_not_trained_by_one(home: Path, qa_file: Path) -> None:
    run = planned(qa_file, "w", **TWO)
    done = subprocess.run(
        [sys.executable, "-m", "trainer.worker", str(run.folder)], env=worker_env(1), timeout=120, check=False
    )
    assert done.returncode == 2
    state = read_json(run.folder / "status.json")
    assert state["status"] == "failed"
    assert "the plan is for 2 processes that train together and 1 was started" in state["reason"]


def test_several_machines_need_ray(home: Path, qa_file: Path) -> None:
    run = begun(qa_file, "n", num_nodes=2, num_processes=2)
    state = until(run, ended, 60)
    assert state["status"] == "failed"
    assert "Set backend to ray" in state["reason"]
