"""The worker for real: it trains, stops, resumes to the same result, and its death is told as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from trainer import launch
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.machine import worker_env
from trainer.paths import home as home_folder
from trainer.proposal import Proposal, propose
from trainer.records import read_json
from trainer.runs import ACTIVE, Run, RunStore
from trainer.wishes import Wishes

LIMIT = 240
SHORT: dict[str, Any] = {"max_steps": 12, "eval_steps": 4, "per_device_train_batch_size": 8}


def approved(path: Path, approval: str, **wishes: Any) -> Run:
    proposal = propose(path, Wishes(goal="test", dataset_path=str(path), **(SHORT | wishes)))
    run, new = RunStore(home_folder()).create(proposal, approval)
    assert new
    launch.start(run)
    return run


def until(run: Run, wanted: Any, limit: float = LIMIT) -> dict[str, Any]:
    started = time.monotonic()
    while time.monotonic() - started < limit:
        state = run.status()
        if wanted(state):
            return state
        time.sleep(0.05)
    raise AssertionError(f"{run.id} is {run.status()}; log: {(run.folder / 'worker.log').read_text()[-1500:]}")


def ended(state: dict[str, Any]) -> bool:
    return state.get("status") not in ACTIVE


def losses(run: Run) -> dict[int, float]:
    return {r["step"]: r["loss"] for r in run.history() if "loss" in r}


def test_a_run_from_start_to_result(home: Path, labelled_file: Path) -> None:
    run = approved(labelled_file, "a", max_steps=40, eval_steps=20)
    assert until(run, ended)["status"] == "finished"
    result = run.result()
    assert result["metric"] == "accuracy"
    assert result["tuned"]["value"] > result["base"]["value"]
    assert result["tuned"]["low"] > result["base"]["high"]
    assert len(result["samples"]) == 3
    rows = losses(run)
    assert rows[max(rows)] < rows[1]
    assert {"approved", "data_ready", "rows_encoded", "trained", "holdout_read", "result", "finished"} <= {
        e["kind"] for e in run.events()
    }
    assert not list(run.model.glob("*.bin"))
    trained, sealed = (
        set((run.folder / f).read_text().splitlines()) for f in ("data/train.jsonl", "sealed/holdout.jsonl")
    )
    assert not trained & sealed


def test_lora_trains_and_resumes_like_an_unbroken_run(home: Path, qa_file: Path) -> None:
    whole = approved(qa_file, "whole", tuning="lora", learning_rate=2e-3)
    assert until(whole, ended)["status"] == "finished"
    broken = approved(qa_file, "broken", tuning="lora", learning_rate=2e-3)
    until(broken, lambda s: broken.last_checkpoint_name() or ended(s))
    broken.ask_stop()
    state = until(broken, ended)
    assert state["status"] == "stopped"
    assert state["saved"]
    launch.start(broken, resume=True)
    assert until(broken, ended)["status"] == "finished"
    a, b = losses(whole), losses(broken)
    assert max(a) == max(b)
    assert all(b[step] == pytest.approx(a[step], abs=1e-6) for step in b if step in a)
    assert broken.result()["loss"]["tuned"]["value"] == pytest.approx(
        whole.result()["loss"]["tuned"]["value"], abs=1e-5
    )


def test_a_killed_worker_is_told_as_killed_and_resumes(home: Path, qa_file: Path) -> None:
    run = approved(qa_file, "k", max_steps=60)
    until(run, lambda s: run.last_checkpoint_name() or ended(s))
    os.kill(run.status()["worker_pid"], signal.SIGKILL)
    state = until(run, ended)
    assert state["status"] == "died"
    assert "signal 9" in state["reason"]
    assert state["saved"]
    launch.start(run, resume=True)
    assert until(run, ended)["status"] == "finished"
    steps = [r["step"] for r in run.history() if "loss" in r]
    assert steps == sorted(set(steps))


def test_a_killed_watcher_is_not_taken_for_a_running_run(home: Path, qa_file: Path) -> None:
    run = approved(qa_file, "w", max_steps=200)
    until(run, lambda s: s.get("status") == "running")
    worker = run.status()["worker_pid"]
    psutil.Process(read_json(run.folder / "process.json")["pid"]).kill()
    os.kill(worker, signal.SIGKILL)
    assert until(run, ended, 10)["status"] == "died"


def test_a_diverging_run_stops_and_is_never_a_success(home: Path, qa_file: Path) -> None:
    proposal = propose(
        qa_file, Wishes(goal="test", dataset_path=str(qa_file), **(SHORT | {"max_steps": 60, "eval_steps": 60}))
    )
    mad = replace(proposal.plan, {"learning_rate": 0.1, "max_grad_norm": 1000.0, "warmup_steps": 0, "optim": "sgd"})
    changed: Proposal = proposal.model_copy(update={"plan": mad, "hash": mad.digest()})
    run, _ = RunStore(home_folder()).create(changed, "mad")
    sabotage = "import torch; import trainer.methods.train as t\n_old = t.load_base\n"
    sabotage += "def _broken(*a):\n    m = _old(*a)\n    next(m.parameters()).data.fill_(float('inf'))\n"
    sabotage += "    return m\nt.load_base = _broken\n"
    begin = f"import sys; sys.argv = ['w', {str(run.folder)!r}]\n"
    script = f"{begin}{sabotage}from trainer.worker import main\nsys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script], env=worker_env(1), capture_output=True, text=True, timeout=LIMIT, check=False
    )
    state = read_json(run.folder / "status.json")
    assert done.returncode == 2, done.stderr[-800:]
    assert state["status"] == "failed"
    assert "no longer a number" in state["reason"]
    assert state["step"] <= 12
    assert not run.result()


def test_changed_data_void_the_approval(home: Path, qa_file: Path) -> None:
    proposal = propose(qa_file, Wishes(goal="test", dataset_path=str(qa_file), **SHORT))
    run, _ = RunStore(home_folder()).create(proposal, "x")
    with qa_file.open("a") as file:
        file.write("one more,row\n")
    launch.start(run)
    state = until(run, ended)
    assert state["status"] == "failed"
    assert "changed since you approved" in state["reason"]


def test_an_altered_plan_is_refused(home: Path, qa_file: Path) -> None:
    proposal = propose(qa_file, Wishes(goal="test", dataset_path=str(qa_file), **SHORT))
    run, _ = RunStore(home_folder()).create(proposal, "x")
    stored = (run.folder / "proposal.json").read_text().replace('"max_steps": 12', '"max_steps": 9999')
    (run.folder / "proposal.json").write_text(stored)
    launch.start(run)
    state = until(run, ended)
    assert state["status"] == "failed"
    assert "not the one that was approved" in state["reason"]


def test_one_approval_one_run_and_one_worker(home: Path, qa_file: Path) -> None:
    proposal = propose(qa_file, Wishes(goal="test", dataset_path=str(qa_file), **(SHORT | {"max_steps": 200})))
    store = RunStore(home_folder())
    run, first = store.create(proposal, "same")
    again, second = store.create(proposal, "same")
    assert (run.id, first, second) == (again.id, True, False)
    launch.start(run)
    until(run, lambda s: s.get("status") == "running")
    with pytest.raises(UserFacingError, match="running already"):
        launch.start(run)
    run.ask_stop()
    until(run, ended)


def test_unknown_runs_are_said_with_the_nearest_name(home: Path, qa_file: Path) -> None:
    store = RunStore(home_folder())
    with pytest.raises(UserFacingError, match="no runs yet"):
        store.get("run-1")
    store.create(propose(qa_file, Wishes(dataset_path=str(qa_file))), "y")
    with pytest.raises(UserFacingError, match="run-1"):
        store.get("run-11")
