"""A search said in words on the command line: the right space, and a sentence where it can't be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.model.door import Door
from agent.searching import is_words, search_in_words
from tools.orders import Order
from tools.search.plans import with_values
from tools.searching import search_terms
from trainer.errors import UserFacingError
from trainer.proposal import propose
from trainer.wishes import Wishes


def heard(words: str, path: Path, **fixed: Any) -> tuple[Order, str]:
    proposal = propose(path, Wishes(goal="answer like us", dataset_path=str(path), tuning="lora"))
    return search_in_words(words, proposal, Door(), fixed)


RATE = {"low": 1e-5, "high": 5e-4, "log": True}


@pytest.mark.parametrize(
    ("words", "space", "trials", "hours"),
    [
        ("learning rate between 1e-5 and 5e-4, not more than an hour", {"learning_rate": RATE}, 8, 1.0),
        (
            "optuna, 30 trials, lr loguniform 1e-5..5e-4, dropout 0 to 0.1, max 4 hours total",
            {"learning_rate": RATE, "lora_dropout": {"low": 0.0, "high": 0.1}},
            30,
            4.0,
        ),
        (
            "a small grid: epochs 1,2,3 x lr 1e-4,2e-4",
            {"num_train_epochs": {"choices": [1, 2, 3]}, "learning_rate": {"choices": [1e-4, 2e-4]}},
            6,
            None,
        ),
        ("rank 8, 16 or 32 please, 5 tries", {"lora_r": {"choices": [8, 16, 32]}}, 5, None),
    ],
)
def test_the_space_is_the_one_that_was_said(
    home: Path, qa_file: Path, words: str, space: dict[str, Any], trials: int, hours: float | None
) -> None:
    order, left = heard(words, qa_file)
    assert order.search is not None
    assert order.search.space == space
    assert (order.search.n_trials, order.search.max_hours, left) == (trials, hours, "")


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("such die beste Lernrate, maximal 8 Versuche", {"learning_rate"}),
        ("帮我自动调参，最多跑10组，看验证集loss", {"learning_rate", "per_device_train_batch_size"}),
        ("try 20 configs and keep the best one", {"learning_rate", "per_device_train_batch_size"}),
    ],
)
def test_what_is_only_named_gets_the_usual_range(home: Path, qa_file: Path, words: str, fields: set[str]) -> None:
    order, _ = heard(words, qa_file)
    assert order.search is not None and set(order.search.space) == fields


def test_options_win_over_words_and_what_cannot_be_taken_is_named(home: Path, qa_file: Path) -> None:
    order, left = heard("20 trials, by rougeL", qa_file, n_trials=3, spaces=["learning_rate=1e-4..1e-3:log"])
    assert order.search is not None
    assert order.search.n_trials == 3 and set(order.search.space) == {"learning_rate"}
    assert "search_metric" in left


def test_money_becomes_time_where_a_price_is_known(home: Path, qa_file: Path) -> None:
    order, _ = heard("20 trials, 25 dollars total", qa_file)
    assert order.search is not None and order.search.max_hours is None
    assert "can't hold it to 25 USD" in search_terms(order) and "only the number of trials ends it" in search_terms(
        order
    )
    wishes = Wishes(goal="answer", dataset_path=str(qa_file), tuning="lora", gpu_price_per_hour=2.0)
    proposal = propose(qa_file, wishes)
    order, _ = search_in_words("20 trials, 25 dollars total", proposal, Door(), {})
    assert order.search is not None and order.search.max_hours == pytest.approx(12.5)
    assert "stopped after 12.5 h. 25 USD buy that much" in search_terms(order)


def test_what_follows_another_value_follows_it(home: Path, qa_file: Path) -> None:
    order, left = heard("rank 8, 16 or 32, alpha twice the rank, 5 tries", qa_file)
    assert order.search is not None and order.search.tied == {"lora_alpha": "2*lora_r"} and not left
    plan = with_values(order.planned.plan, {"lora_r": 8}, order.search)
    assert plan.leaves()["lora_alpha"] == 16


def test_what_makes_no_search_is_refused_in_a_sentence(home: Path, qa_file: Path) -> None:
    plain = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file), tuning="full"))
    with pytest.raises(UserFacingError, match="has no lora_r"):
        search_in_words("rank 8, 16 or 32 please, 5 tries", plain, Door(), {})
    with pytest.raises(UserFacingError, match="can't read a search"):
        search_in_words("how are you?", plain, Door(), {})


def test_a_sentence_is_told_from_a_file(qa_file: Path) -> None:
    assert is_words("20 trials over the rate") and not is_words("plan.yaml") and not is_words(str(qa_file))
