"""A search in conversation: its terms, how it goes, and ending it, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.model.door import Door
from agent.searching import search_in_words
from tests.agent.test_session import talk, words
from tools.search.study import Study, StudyStore
from trainer.proposal import propose
from trainer.wishes import Wishes


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Searches that were started; this test's own process stands for their driver."""
    names: list[str] = []

    def start(study: Study) -> None:
        study.mark()
        study.begin()
        names.append(study.id)

    monkeypatch.setattr(Study, "start", start)
    return names


def test_a_search_is_asked_about_and_ended_in_words(home: Path, qa_file: Path, started: list[str]) -> None:
    session = talk(home, qa_file)
    session.ask("train a model to answer these questions, 40 epochs")
    said = words(session.ask("search the learning rate between 1e-4 and 4e-3, 20 trials, not more than an hour"))
    assert "for 12% of the steps" in said and "stopped after 1 h" in said and "noise" not in said
    session.ask("yes, go")
    assert started == ["study-1"]
    study = StudyStore(home).get("study-1")
    assert study.alive()
    said = words(session.ask("how is it going?"))
    assert "study-1: running, 0 of 20 trials done." in said
    said = words(session.ask("stop it"))
    assert "study-1 is ending" in said and (study.folder / "stop").exists()


def test_another_conversation_ends_nobodys_search(home: Path, qa_file: Path, started: list[str]) -> None:
    mine = talk(home, qa_file, thread="mine")
    mine.ask("train a model to answer these questions")
    mine.ask("search the learning rate, 4 trials")
    mine.ask("yes, go")
    assert started == ["study-1"]
    talk(home, thread="other").ask("stop it")
    assert not (StudyStore(home).get("study-1").folder / "stop").exists()


@pytest.mark.parametrize(
    ("words_", "space", "more"),
    [
        ("lora or full, learning rate and rank, 10 trials", {"tuning", "learning_rate", "lora_r"}, {"n_trials": 10}),
        ("lora oder full, lernrate, 9 Versuche", {"tuning", "learning_rate"}, {"n_trials": 9}),
        ("learning rate between 1e-4 and 1e-2 with 3 epochs, and rank", {"learning_rate", "lora_r"}, {}),
        ("rank 8 or 16, less than 2 GB memory", {"lora_r"}, {"max_gb": 2}),
        (
            "learning rate, trade off loss against time and size",
            {"learning_rate"},
            {"objectives": ("loss", "time", "size")},
        ),
        ("learning rate and batch size", {"learning_rate", "per_device_train_batch_size"}, {"objectives": ("loss",)}),
        ("learning rate 1e-5 to 5e-4, keep batch size fixed", {"learning_rate"}, {}),
        ("learning rate 1e-5 to 5e-4 but leave the rank alone", {"learning_rate"}, {}),
        (
            "lora vs full fine-tuning, time limit 3 hours, 10 trials",
            {"tuning", "learning_rate"},
            {"objectives": ("loss",)},
        ),
        ("learning rate with lora, full dataset, 10 trials", {"learning_rate"}, {"kinds": {}}),
        ("learning rate, verlust und zeit gegeneinander abwägen", {"learning_rate"}, {"objectives": ("loss", "time")}),
        ("fastest way to a good learning rate, 8 trials", {"learning_rate"}, {"objectives": ("loss",)}),
    ],
)
def test_what_is_searched_is_what_was_said(
    home: Path, qa_file: Path, words_: str, space: set[str], more: dict[str, Any]
) -> None:
    made = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file), tuning="lora"))
    order, left = search_in_words(words_, made, Door(), {})
    assert order.search is not None and set(order.search.space) == space and not left
    assert {name: getattr(order.search, name) for name in more} == more


def test_a_sum_in_another_currency_is_not_passed_over(home: Path, qa_file: Path) -> None:
    made = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file)))
    order, left = search_in_words("learning rate, at most 5 euros", made, Door(), {})
    assert order.search is not None and order.search.max_usd is None
    assert "5 euros" in left and "US dollars" in left
