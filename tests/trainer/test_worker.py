"""The worker for real: it trains, resumes to the same result, and starts nothing that was not approved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.trainer import lab
from tests.trainer.lab import Nursery, ended, finished, until
from trainer import launch
from trainer.errors import UserFacingError
from trainer.paths import home as home_folder
from trainer.proposal import propose
from trainer.records import read_json
from trainer.runs import RunStore
from trainer.wishes import Wishes


def test_a_run_from_start_to_result(home: Path, labelled_file: Path) -> None:
    """The one that goes the whole way of `tunesmith train`, its own imports too."""
    run = lab.made(labelled_file, "a", kind="", tuning="full", max_steps=40, eval_steps=20)
    launch.start(run)
    assert until(run, ended)["status"] == "finished"
    result = run.result()
    assert result["metric"] == "accuracy"
    assert result["tuned"]["value"] > result["base"]["value"]
    assert len(result["samples"]) == 3
    rows = {step: value for (step, name), value in lab.losses(run).items() if name == "loss"}
    assert rows[max(rows)] < rows[1]
    assert {"approved", "data_ready", "rows_encoded", "trained", "holdout_read", "result", "finished"} <= set(
        lab.kinds(run)
    )
    assert not list(run.model.glob("*.bin"))
    trained, sealed = (
        set((run.folder / f).read_text().splitlines()) for f in ("data/train.jsonl", "sealed/holdout.jsonl")
    )
    assert not trained & sealed


@pytest.mark.parametrize(
    "wishes",
    [
        {"tuning": "full", "learning_rate": 1e-3},
        {"tuning": "lora", "lora_dropout": 0.1, "gradient_accumulation_steps": 2, "max_steps": 18, "eval_steps": 5},
        {"tuning": "lora", "train_sampling_strategy": "group_by_length", "max_steps": 18, "eval_steps": 5},
    ],
    ids=["all weights", "pieces and dropout", "by length"],
)
def test_a_resumed_run_ends_like_an_unbroken_one(
    home: Path, qa_file: Path, nursery: Nursery, wishes: dict[str, Any]
) -> None:
    changes = {k: wishes.pop(k) for k in list(wishes) if k == "train_sampling_strategy"} or None
    whole = finished(nursery.begun(qa_file, "whole", changes, max_samples=40, **wishes))
    broken = nursery.begun(qa_file, "broken", changes, max_samples=40, **wishes)
    until(broken, lambda s: lab.kinds(broken).count("saved") >= 2 or ended(s))
    broken.ask_stop()
    state = until(broken, ended)
    assert state["status"] == "stopped"
    assert state["saved"]
    nursery.resumed(broken)
    assert lab.difference(broken, whole) < 1e-6
    assert read_json(broken.folder / "status.json")["best_eval_loss"] == pytest.approx(
        read_json(whole.folder / "status.json")["best_eval_loss"], abs=1e-6
    )


def test_a_killed_watcher_is_not_taken_for_a_running_run(home: Path, qa_file: Path, nursery: Nursery) -> None:
    run = nursery.begun(qa_file, "w", max_steps=200)
    until(run, lambda s: s.get("status") == "running")
    lab.kill_all(run)
    assert until(run, ended, 10)["status"] == "died"


def test_the_worker_outlives_its_watcher_and_nobody_starts_a_second_one(
    home: Path, qa_file: Path, nursery: Nursery
) -> None:
    run = nursery.begun(qa_file, "w", max_steps=200)
    until(run, lambda s: s.get("status") == "running")
    psutil.Process(read_json(run.folder / "process.json")["pid"]).kill()
    with pytest.raises(UserFacingError, match="running already"):
        launch.start(run)
    run.ask_stop()
    assert until(run, ended)["status"] == "stopped"


def test_changed_data_void_the_approval(home: Path, qa_file: Path, nursery: Nursery) -> None:
    run = lab.made(qa_file, "x")
    with qa_file.open("a") as file:
        file.write("one more,row\n")
    state = until(nursery.start(run), ended)
    assert state["status"] == "failed"
    assert "changed since you approved" in state["reason"]


def test_an_altered_plan_is_refused(home: Path, qa_file: Path, nursery: Nursery) -> None:
    run = lab.made(qa_file, "x")
    stored = (run.folder / "proposal.json").read_text().replace('"max_steps": 12', '"max_steps": 9999')
    (run.folder / "proposal.json").write_text(stored)
    state = until(nursery.start(run), ended)
    assert state["status"] == "failed"
    assert "not the one that was approved" in state["reason"]


def test_a_repair_outside_the_lock_is_refused(home: Path, qa_file: Path, nursery: Nursery) -> None:
    run = lab.made(qa_file, "x")
    (run.folder / "repairs.jsonl").write_text('{"changes": {"learning_rate": 0.01}, "why": "forged"}\n')
    state = until(nursery.start(run), ended)
    assert state["status"] == "failed"
    assert "a repair may not change learning_rate" in state["reason"]


def test_one_approval_is_one_run(home: Path, qa_file: Path) -> None:
    proposal = propose(qa_file, Wishes(goal="test", dataset_path=str(qa_file), **lab.SHORT))
    store = RunStore(home_folder())
    run, first = store.create(proposal, "same")
    again, second = store.create(proposal, "same")
    assert (run.id, first, second) == (again.id, True, False)


def test_unknown_runs_are_said_with_the_nearest_name(home: Path, qa_file: Path) -> None:
    store = RunStore(home_folder())
    with pytest.raises(UserFacingError, match="no runs yet"):
        store.get("run-1")
    store.create(propose(qa_file, Wishes(dataset_path=str(qa_file))), "y")
    with pytest.raises(UserFacingError, match="run-1"):
        store.get("run-11")
