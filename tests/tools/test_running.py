"""Tools that act on a run: what they do in each of its states."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.methods import data
from tests.trainer.lab import made
from tools.arguments import Ask, Explain, OfRun
from tools.desk import Desk
from tools.explaining import explain_run
from tools.running import stop_run
from tools.using import ask_model
from trainer.data.convert import Example
from trainer.errors import UserFacingError
from trainer.records import append
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


def test_a_spike_leads_to_the_rows_that_made_it(home: Path, tmp_path: Path) -> None:
    """The step that is asked about, its rows, the one that stands out, and its text."""
    run = run_of(tmp_path, "sft")
    (run.folder / "data").mkdir(exist_ok=True)
    for n in range(1, 200):
        turns = [("user", f"question {n}"), ("assistant", "aGVsbG8gd29ybGQ" * 20 if n == 77 else "yes")]
        append(run.folder / "data" / "train.jsonl", {"row": n, **Example(n, tuple(turns)).trl()})
    for step in range(1, 61):
        rows = [3 * step, 3 * step + 1]
        losses = [1.0 + 0.01 * (step % 7), 1.1]
        if step == 38:
            rows, losses = [77, 78], [8.0, 1.1]
        append(run.folder / "steps.jsonl", {"step": step, "rows": rows, "losses": losses})
        logged = {"loss": sum(losses) / 2, "grad_norm": 1.0, "learning_rate": 1e-4}
        append(run.folder / "metrics.jsonl", {"step": step, **logged})
    said = explain_run(Explain(run_id=run.id, question="why did the loss spike at step 38?"), desk(home))
    assert "Step 38 was made of 2 rows." in said.quotes
    assert "Row 77: loss 8 at step 38, where 1" in said.quotes
    assert "a block of 300 characters without a space" in said.quotes
    assert said.data["rows"][0]["row"] == 77
    whole = explain_run(Explain(run_id=run.id, question="which rows are hard?"), desk(home))
    assert whole.data["rows"][0]["row"] == 77


def test_rows_without_losses_or_oddness_are_not_blamed(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path, "dpo")
    (run.folder / "data").mkdir(exist_ok=True)
    append(run.folder / "data" / "train.jsonl", Example(1, (("user", "q"), ("assistant", "a"))).trl() | {"row": 1})
    append(run.folder / "steps.jsonl", {"step": 1, "rows": [1]})
    append(run.folder / "metrics.jsonl", {"step": 1, "loss": 0.69})
    said = explain_run(Explain(run_id=run.id, question="which rows are hard?"), desk(home))
    assert f"No row of {run.id} stands out" in said.quotes and said.data["rows"] == []
