"""What is kept of the scores, and when something is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.plan.methods import Reward
from trainer.rewards import functions
from trainer.rewards.answers import Answer
from trainer.rewards.tally import FLAT_BATCHES, Tally, flat_share

RIGHT = Reward(kind="exact_match")
SHORT = Reward(kind="length", max_length=4, weight=0.5)


def batch(functions_: list[Any], completions: list[str], prompts: list[str]) -> None:
    for function in functions_:
        function(prompts=prompts, completions=completions, reference=["yes"] * len(prompts))


def test_one_row_a_batch_with_means_and_what_is_missing() -> None:
    notes: list[dict[str, Any]] = []
    made = functions((RIGHT, SHORT), Path("/nowhere"), notes.append)
    batch(made, ["yes", "no", "yes", "longer"], ["a", "a", "b", "b"])
    assert notes == [
        {
            "event": "rewards",
            "batch": 1,
            "mean": {"exact_match": 0.5, "length": 0.875},
            "none_share": {"exact_match": 0.0, "length": 0.0},
            "flat_groups": 0.0,
            "failures": {},
        }
    ]


def test_scores_that_tell_nothing_apart_are_said_once() -> None:
    notes: list[dict[str, Any]] = []
    made = functions((RIGHT, SHORT), Path("/nowhere"), notes.append)
    for _ in range(FLAT_BATCHES + 3):
        batch(made, ["no", "no", "ja", "ja"], ["a", "a", "b", "b"])
    told = [n for n in notes if n["event"] == "rewards_constant"]
    assert len(told) == 1
    assert told[0]["batches"] == FLAT_BATCHES
    assert "nothing is learned" in told[0]["advice"]


def test_one_difference_inside_a_group_is_enough() -> None:
    notes: list[dict[str, Any]] = []
    made = functions((RIGHT, SHORT), Path("/nowhere"), notes.append)
    for n in range(FLAT_BATCHES * 3):
        batch(made, ["no", "yes" if n % FLAT_BATCHES == 0 else "no"], ["a", "a"])
    assert not [n for n in notes if n["event"] == "rewards_constant"]


def test_different_prompts_with_different_scores_are_still_flat() -> None:
    answers = [Answer("", p) for p in ("a", "a", "b", "b")]
    assert flat_share(answers, [1.0, 1.0, 0.0, 0.0]) == 1.0
    assert flat_share(answers, [1.0, 0.0, 0.0, 0.0]) == 0.5
    assert flat_share(answers, [1.0, None, None, None]) == 1.0
    assert flat_share([Answer("", "a"), Answer("", "b")], [1.0, 0.0]) is None


def test_rows_with_the_same_prompt_are_groups_of_their_own() -> None:
    answers = [Answer("", "a", row=1), Answer("", "a", row=1), Answer("", "a", row=2), Answer("", "a", row=2)]
    assert flat_share(answers, [1.0, 1.0, 0.0, 0.0]) == 1.0


def test_missing_scores_are_counted() -> None:
    notes: list[dict[str, Any]] = []
    tally = Tally(["a"], [1.0], notes.append)
    tally.add("a", [Answer(""), Answer("")], [None, 1.0])
    tally.add("a", [Answer(""), Answer("")], [None, None])
    assert notes[-1]["none_share"] == {"a": 0.75}
    assert notes[-1]["mean"] == {"a": None}
