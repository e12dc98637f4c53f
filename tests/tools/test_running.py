"""Tools that act on a run: what they do in each of its states."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.methods import data
from tests.trainer.lab import made
from tools.arguments import Ask, OfRun
from tools.desk import Desk
from tools.running import stop_run
from tools.using import ask_model
from trainer.errors import UserFacingError
from trainer.runs import Run


def desk(home: Path) -> Desk:
    return Desk(home=home, roots=[home])


def run_of(folder: Path, method: str) -> Run:
    return made(data(folder, method), method, method=method, tuning="full")


def test_a_test_can_be_stopped_too(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path, "sft")
    run.set_status("evaluating")
    told = stop_run(OfRun(run_id=run.id), desk(home))
    assert "test stops" in told.say
    assert (run.folder / "stop").exists()


def test_a_reward_model_writes_no_answers(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path, "reward_modeling")
    run.model.mkdir(parents=True)
    (run.model / "config.json").write_text("{}")
    with pytest.raises(UserFacingError, match="gives answers a number"):
        ask_model(Ask(run_id=run.id, prompt="hello?"), desk(home))
