"""Search: spaces read and checked, trial 0 is the plan, a killed trial stops nothing, words from the record."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from agent import commands
from tools.search.space import checked_space, default_space, parse_space
from tools.searching import best_order
from trainer.errors import UserFacingError
from trainer.proposal import propose
from trainer.runs import ACTIVE
from trainer.wishes import Wishes


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("learning_rate=1e-5..5e-4:log", ("learning_rate", {"low": 1e-5, "high": 5e-4, "log": True})),
        ("lora_r=8,16,32", ("lora_r", {"choices": [8, 16, 32]})),
        ("warmup_ratio=0..0.1", ("warmup_ratio", {"low": 0.0, "high": 0.1, "log": False})),
    ],
)
def test_spaces_are_read(text: str, want: object) -> None:
    assert parse_space(text) == want


@pytest.mark.parametrize(
    "space",
    [
        {"learning_rat": {"low": 1, "high": 2}},
        {"learning_rate": {"low": 2, "high": 1}},
        {"lora_r": {"choices": []}},
        {"learning_rate": {"low": 0, "high": 1, "log": True}},
        {"base_model": {"choices": ["a", "b"]}},
        {"learning_rate": {"low": 1e-4, "high": 4.0, "log": True}},
    ],
)
def test_faulty_spaces_are_refused_with_a_way_out(
    home: Path, qa_file: Path, space: dict[str, dict[str, object]]
) -> None:
    plan = propose(qa_file, Wishes(tuning="lora")).plan
    with pytest.raises(UserFacingError) as caught:
        checked_space(space, plan)
    assert caught.value.fix


def test_the_default_space_holds_the_plan(home: Path, qa_file: Path) -> None:
    plan = propose(qa_file, Wishes()).plan
    space = default_space(plan, [])
    assert space["learning_rate"]["low"] < plan.optimisation.learning_rate < space["learning_rate"]["high"]
    assert plan.schedule.per_device_train_batch_size in space["per_device_train_batch_size"]["choices"]


def test_a_search_survives_a_killed_trial_and_ends_with_a_plan(home: Path, qa_file: Path) -> None:
    proposal = propose(qa_file, Wishes(goal="t", dataset_path=str(qa_file), max_steps=8, eval_steps=4))
    order = commands.search_order(proposal, commands.search_args(3, ["learning_rate=2e-4..4e-3:log"], 1, None))
    study = commands.start_search(order)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        running = [t for t in study.trials() if t.status().get("status") == "running"]
        if running:
            os.kill(running[0].status()["worker_pid"], signal.SIGKILL)
            break
        time.sleep(0.05)
    state = study.wait(0.3)
    result = commands.study_result(study)
    assert state["status"] == "finished", state
    assert [t["state"] for t in result.trials].count("complete") >= 2
    assert not [t for t in result.trials if t["state"] == "running"]
    assert not [t for t in study.trials() if t.status().get("status") in ACTIVE]
    assert result.best
    first = next(t for t in result.trials if t["number"] == 0)
    assert first["params"]["learning_rate"] == pytest.approx(proposal.plan.optimisation.learning_rate)
    if first["value"] is not None:
        assert result.best["value"] <= first["value"]
    best = best_order(study)
    assert best
    assert best.proposal.plan.optimisation.learning_rate == pytest.approx(result.best["params"]["learning_rate"])
    assert best.proposal.reasons["learning_rate"].origin == "search"
    assert f"{result.best['value']:.4f}" in result.text
    assert not any(e["kind"] == "holdout_read" for t in study.trials() for e in t.events())


def test_when_every_trial_fails_there_is_no_best(home: Path, qa_file: Path) -> None:
    proposal = propose(qa_file, Wishes(goal="t", dataset_path=str(qa_file), max_steps=4, eval_steps=4))
    order = commands.search_order(proposal, commands.search_args(1, ["learning_rate=2e-4..4e-3:log"], 1, None))
    study = commands.start_search(order)
    with qa_file.open("a") as file:
        file.write("changed,after the approval\n")
    state = study.wait(0.3)
    assert state["status"] == "failed"
    assert state["best"] is None
    assert "changed since you approved" in state["text"]
