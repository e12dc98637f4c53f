"""Spaces: published ranges where they hold the plan, what a plan lacks, what follows another, grids without doubles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.commands import search_order
from tools.arguments import Search
from tools.search.plans import checked_ties, trial_plan
from tools.search.space import _around, checked_space, default_space, own_values, ranges, searchable
from tools.searching import search_terms
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, replace
from trainer.plan import Plan
from trainer.proposal import propose
from trainer.wishes import Wishes


@pytest.fixture
def lora(home: Path, qa_file: Path) -> Plan:
    return propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file), tuning="lora")).plan


def test_every_range_has_a_source_and_values_a_plan_may_hold() -> None:
    for name, rows in ranges().items():
        assert name in SECTION_OF
        for row in rows:
            assert row["source"] and ("choices" in row or row["low"] < row["high"])


@pytest.mark.parametrize(
    ("rate", "params", "want"),
    [(2e-4, 7e9, (5e-5, 1e-3)), (1e-4, 70e9, (2e-5, 5e-4)), (2e-2, 1e6, (4e-3, 8e-2))],
)
def test_a_published_range_is_taken_where_it_holds_the_plan(
    lora: Plan, rate: float, params: float, want: tuple[float, float]
) -> None:
    space = default_space(replace(lora, {"learning_rate": rate}), ["learning_rate"], 5000, int(params))
    assert (space["learning_rate"]["low"], space["learning_rate"]["high"]) == pytest.approx(want)
    assert space["learning_rate"]["log"]


def test_ranks_and_epochs_go_by_the_rows(lora: Plan) -> None:
    few, many = (default_space(lora, ["lora_r"], rows)["lora_r"]["choices"] for rows in (300, 50_000))
    assert max(few) < max(many)
    three = replace(lora, {"num_train_epochs": 3.0})
    assert default_space(three, ["num_train_epochs"], 8000)["num_train_epochs"] == {"low": 1, "high": 3}
    assert default_space(three, ["num_train_epochs"], 1000)["num_train_epochs"] == {"low": 2, "high": 6}


def test_a_plan_is_searched_over_what_it_has(home: Path, lora: Plan) -> None:
    assert "lora_r" in searchable(lora) and "beta" not in searchable(lora)
    with pytest.raises(UserFacingError, match="this plan has no beta"):
        default_space(lora, ["beta"])


def test_ties_are_checked(lora: Plan) -> None:
    assert checked_ties({"lora_alpha": "2*lora_r"}, {}, lora) == {"lora_alpha": "2*lora_r"}
    for tied, space in (
        ({"lora_alpha": "2*lora_r"}, {"lora_alpha": {}}),
        ({"lora_alpha": "2^r"}, {}),
        ({"beta": "2*lora_r"}, {}),
    ):
        with pytest.raises(UserFacingError):
            checked_ties(tied, space, lora)


def test_a_short_training_ends_its_schedule_and_is_looked_at_as_often(home: Path, qa_file: Path) -> None:
    made = propose(
        qa_file,
        Wishes(goal="a", dataset_path=str(qa_file), tuning="lora", max_steps=200, warmup_steps=20, eval_steps=25),
    )
    search = search_order(made, Search(n_trials=20, search_fields=["learning_rate"])).search
    assert search is not None and search.shares == (0.125, 1.0)
    short = trial_plan(made.plan, {}, search, 0.125, 42)
    assert (short.schedule.max_steps, short.optimisation.warmup_steps) == (25, 2)
    assert 25 / short.evaluation.eval_steps == pytest.approx(4, abs=1)
    double = trial_plan(
        made.plan, {"per_device_train_batch_size": made.plan.schedule.per_device_train_batch_size * 2}, search, 1.0, 42
    )
    assert double.evaluation.eval_steps == pytest.approx(25 / 2, abs=1), "looks go by rows, not by steps"


def test_the_card_tells_lengths_and_a_grid_is_no_longer_than_its_combinations(home: Path, qa_file: Path) -> None:
    made = propose(qa_file, Wishes(goal="a", dataset_path=str(qa_file), max_steps=200))
    text = search_terms(search_order(made, Search(n_trials=20)))
    assert "for 12% of the steps" in text and "for all of the steps" in text and "whole trainings" in text
    space = {"learning_rate": {"choices": [1e-3, 2e-3]}, "per_device_train_batch_size": {"choices": [4, 8]}}
    order = search_order(made, Search(n_trials=30, search_space=space, search_algorithm="grid"))
    assert order.search is not None and order.search.n_trials == 4


def test_what_a_plan_may_not_hold_is_no_range(home: Path, lora: Plan) -> None:
    warm = replace(lora, {"warmup_ratio": 0.3})
    space = default_space(warm, ["warmup_ratio"])["warmup_ratio"]
    assert 0.3 < space["high"] < 1
    with pytest.raises(UserFacingError, match="is 0, and I know no range"):
        _around("beta", 0.0, lora)


@pytest.mark.parametrize(
    "spec", [{"low": 1e-5}, {"low": "a", "high": "b"}, {"choices": 5}, None, {"low": None, "high": 1}]
)
def test_what_is_no_range_is_refused(lora: Plan, spec: Any) -> None:
    with pytest.raises(UserFacingError):
        checked_space({"learning_rate": spec}, lora)


def test_a_value_of_nothing_lies_in_its_range(lora: Plan) -> None:
    plan = replace(lora, {"warmup_ratio": 0.0})
    assert own_values(plan, {"warmup_ratio": {"low": 0.0, "high": 0.1}}) == {"warmup_ratio": 0.0}
