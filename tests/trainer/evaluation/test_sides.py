"""Who can be compared with whom, by what name, and what is said where it can't be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent import blind as sides_of
from tests.trainer.evaluation.compared import answered
from tools.arguments import Compare
from tools.comparing import compare_runs
from tools.desk import Desk
from trainer.errors import UserFacingError
from trainer.evaluation import blind
from trainer.evaluation.sides import Side, check_same, document, shared, side, steps
from trainer.records import read_json, write_atomic


def test_names_are_read_and_written(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    for step in (30, 10):
        (run.checkpoints / f"checkpoint-{step}").mkdir(parents=True)
    assert steps(run) == [10, 30]
    for name in ("base", "run-1", "run-1@30"):
        assert side(run, name).name == name
    assert side(run, "@10").words == "run-1 at step 10"
    with pytest.raises(UserFacingError, match=r"no checkpoint of step '20'.*run-1@10, run-1@30"):
        side(run, "run-1@20")
    with pytest.raises(UserFacingError, match="run-9"):
        side(run, "run-9@10")
    with pytest.raises(UserFacingError, match="compared with itself"):
        check_same(side(run, "run-1@10"), side(run, "@10"))


def test_a_damaged_checkpoint_is_not_asked(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    (run.checkpoints / "checkpoint-10").mkdir(parents=True)
    with pytest.raises(UserFacingError, match="has not answered the sealed rows yet"):
        Side(run, 10).answers()
    with pytest.raises(UserFacingError, match="damaged"):
        Side(run, 10).let_answer()


def test_answers_are_set_side_by_side_row_by_row(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    (run.checkpoints / "checkpoint-10").mkdir(parents=True)
    early = Side(run, 10)
    early.aside.write(status="finished", **document(early, [3, 2, 99], ["good answer 3", "no", "?"]))
    assert not early.lacks and shared(Side(run), early) == {
        2: ("good answer 2", "no"),
        3: ("good answer 3", "good answer 3"),
    }
    told = compare_runs(Compare(runs=["run-1", "run-1@10"]), Desk(home=home, roots=[home]))
    assert "On the same 2 sealed rows, chrF: run-1" in told.say and "1 of 2 rows differently" in told.say
    assert [row["answers"] for row in told.data["unlike"]] == [["good answer 2", "no"]]
    assert "question 2?" in told.quotes and "question 2?" not in told.say


def test_answers_of_a_step_that_was_trained_anew_do_not_count(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    early = Side(run, 10)
    early.folder.mkdir(parents=True)
    write_atomic(early.folder / "seal.json", {"files": {"a": "1"}})
    early.aside.write(status="finished", **document(early, [1], ["old"]))
    assert early.answers() == {1: "old"} and not early.lacks
    first = blind.opened(run, "@10")
    blind.cast(run, "@10", blind.Vote(rater="ann", pair=0, left=0, choice="left"))
    write_atomic(early.folder / "seal.json", {"files": {"a": "2"}})
    assert early.lacks and not blind.votes(run, "@10"), "votes were for what the old weights wrote"
    early.aside.write(**document(early, [1], ["new"]))
    assert blind.opened(run, "@10").pairs[0].answers[1] == "new" != first.pairs[0].answers[1]
    shutil.rmtree(early.folder)
    assert side(run, "run-1@10").answers() == {1: "new"}, "the checkpoint made room; what it said is kept"


def test_other_figures_are_no_answers(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    document_ = read_json(run.folder / "proposal.json")
    document_["plan"]["evaluation"]["metric"] = "perplexity"
    write_atomic(run.folder / "proposal.json", document_)
    with pytest.raises(UserFacingError, match="not judged by written answers"):
        compare_runs(Compare(runs=["run-1", "base"]), Desk(home=home, roots=[home]))


def test_two_runs_with_answers_are_weighed_row_by_row(home: Path, qa_file: Path) -> None:
    one, two = answered(qa_file), answered(qa_file, words="bad")
    for run in (one, two):
        tuned = {"value": 30.0, "low": 10.0, "high": 50.0}
        write_atomic(run.folder / "result.json", {"metric": "chrf", "tuned": tuned})
    told = compare_runs(Compare(runs=["run-1", "run-2"]), Desk(home=home, roots=[home])).say
    assert "On the same 12 sealed rows" in told and "95 % sure" in told, "the overlap of intervals would say chance"


def test_the_untrained_model_is_a_side(home: Path, qa_file: Path) -> None:
    answered(qa_file)
    told = compare_runs(Compare(runs=["base", "run-1"]), Desk(home=home, roots=[home]))
    assert told.data["sides"] == ["base", "run-1"] and "Run-1 is better by" in told.say


def test_checkpoints_are_offered_for_a_blind_comparison(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    early = Side(run, 10)
    early.folder.mkdir(parents=True)
    early.aside.write(status="finished", **document(early, list(range(1, 13)), ["bad"] * 12))
    assert sides_of.candidates("run-1") == ["base", "run-1@10"]
    assert sides_of.in_words("run-1", "run-1@10") == "run-1 at step 10"
    assert list(sides_of.answering("run-1", "run-1@10")) == [], "it has answered"
    shown = sides_of.next_pair("run-1", "run-1@10", "ann")
    assert shown is not None and {shown.left, shown.right} >= {"bad"}
    assert sides_of.outcome("run-1", "run-1@10")["names"] == ["run-1", "run-1 at step 10"]
