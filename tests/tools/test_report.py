"""The report of a run: five sentences, the epochs, the next plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.recorded import run_of, spiked, write_curve, write_rows
from tools.report import epochs_words, next_plan, report_of
from trainer.diagnosis.history import History
from trainer.errors import UserFacingError
from trainer.runs import Run


def curve(evals: list[float]) -> History:
    rows = [{"step": n, "loss": 2.0 - n / 100, "epoch": n / 20} for n in range(1, 101)]
    rows += [{"step": 10 * (n + 1), "eval_loss": x} for n, x in enumerate(evals)]
    return History.from_log(rows, {"steps_per_epoch": 20, "max_steps": 100})


@pytest.mark.parametrize(
    ("evals", "words"),
    [
        ([2.0, 1.8, 1.6, 1.4, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6], "5.0 of 5.0 epochs and still fell"),
        ([2.0, 1.5, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], "1.5 of 5.0 epochs and rose after that: 2"),
        ([2.0, 1.5, 1.2, 1.1, 1.0, 1.0, 1.0, 0.995, 0.994, 0.993], "about right"),
        ([2.0], "can't be told"),
    ],
)  # fmt: skip
def test_whether_the_epochs_were_right(evals: list[float], words: str) -> None:
    assert words in epochs_words(curve(evals))


def test_the_story_has_five_sentences_and_the_rows(home: Path, tmp_path: Path) -> None:
    found = report_of(spiked(tmp_path))
    assert len(found.story) == 5
    assert "60 of 60 steps in 30 seconds" in found.story[0]
    assert "from step 38 on is most likely one bad batch" in found.story[2]
    assert "look at the rows that stand out" in found.story[4]
    assert found.rows[0]["row"] == 77
    assert found.document()["findings"][0]["label"] == "bad_batch"


def falling(folder: Path) -> Run:
    run = run_of(folder, max_steps=None, num_train_epochs=2)
    write_rows(run, {})
    write_curve(run, {}, {10: 2.0, 20: 1.6, 30: 1.3, 40: 1.0, 50: 0.8, 60: 0.6})
    run.set_status("finished", step=60, max_steps=60)
    return run


def test_the_next_plan_is_one_change_and_can_be_written(home: Path, tmp_path: Path) -> None:
    run = falling(tmp_path)
    found = report_of(run)
    assert found.next_changes == {"num_train_epochs": (2.0, 3.0)}
    plan = next_plan(run, found.next_changes).plan
    assert plan.schedule.num_train_epochs == 3.0
    assert plan.optimisation == run.plan().optimisation


def test_nothing_logged_is_said(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserFacingError, match="logged nothing yet"):
        report_of(run_of(tmp_path))
