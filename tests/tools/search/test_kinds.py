"""Searching over the kind of training: fields that only some kinds have, rates that fit each, and one plan for each."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.commands import search_order
from tools.arguments import Search
from tools.orders import Kind, SearchSettings, Start
from tools.search.kinds import covers, ends, has, inward, outward
from tools.search.plans import trial_plan
from tools.search.points import apart, grid, spread
from tools.search.seen import Seen
from tools.search.space import own_values
from tools.search.strategy import _within, choose
from tools.search.suggesting import suggested
from tools.searching import search_terms
from trainer.errors import UserFacingError
from trainer.proposal import Proposal, propose
from trainer.wishes import Wishes

SPACE: dict[str, dict[str, Any]] = {
    "tuning": {"choices": ["lora", "full"]},
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "lora_r": {"choices": [8, 16, 32]},
}
KINDS = {
    "lora": Kind(adapter={"tuning": "lora", "lora_r": 16, "lora_alpha": 32, "lora_dropout": 0.0}),
    "full": Kind(adapter={"tuning": "full"}, times=0.1),
}


def wanted(n: int = 20, **more: Any) -> SearchSettings:
    said = {"n_trials": n, "space": SPACE, "kinds": KINDS, "shares": (0.125, 1.0)}
    return SearchSettings.model_validate(said | more)


def sound(search: SearchSettings, values: dict[str, Any]) -> bool:
    """Whether a rank is there for LoRA alone, and the rate lies in its kind's range."""
    low, high = ends(search, "learning_rate", values)
    return ("lora_r" in values) == (values["tuning"] == "lora") and low <= values["learning_rate"] <= high


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 50))
def test_every_point_is_one_of_its_kind_and_comes_back_whole(index: int, seed: int) -> None:
    search = wanted(seed=seed)
    values = spread(search, index)
    assert sound(search, values) and covers(search, values)
    inside = inward(search, values)
    assert 1e-4 <= inside["learning_rate"] <= 1e-2
    assert outward(search, inside) == values and apart(search, values, values) == 0


def test_what_is_learned_is_learned_within_a_kind() -> None:
    """LoRA is best at 3e-3 with rank 32, full at 3e-4: both are found, each with its own range."""
    import math

    search, lot, seen = wanted(), random.Random(0), list[Seen]()
    for number in range(40):
        values = suggested(search, seen, 0.125)
        assert sound(search, values)
        at = 3e-3 if values["tuning"] == "lora" else 3e-4
        loss = (
            1 + abs(math.log10(values["learning_rate"] / at)) + 0.3 * (values.get("lora_r") != 32) + lot.random() / 50
        )
        seen.append(Seen(number, values, "complete", loss, 0.125, "sample", None, (loss,)))
    best = min(seen, key=lambda t: t.value or 9)
    assert best.values["lora_r"] == 32 and 1e-3 < best.values["learning_rate"] < 1e-2


@pytest.mark.parametrize("kind", ["lora", "full"])
def test_a_whole_search_keeps_to_the_kinds(kind: str) -> None:
    search = wanted(24)
    own = {"tuning": kind, "learning_rate": 1e-3} | ({"lora_r": 16} if kind == "lora" else {})
    seen: list[Seen] = []
    while len(seen) < search.n_trials:
        choice = choose(search, own, seen)
        assert choice is not None and sound(search, choice.values)
        loss = 1.0 + (choice.values["tuning"] == "full") * 0.2 + 0.1 / choice.share
        found = (choice.share, choice.purpose, choice.of)
        seen.append(Seen(len(seen), choice.values, "complete", loss + len(seen) / 1e3, *found))
    assert seen[0].values == own, "the plan's own kind is complete without what it lacks"
    assert {t.values["tuning"] for t in seen} == {"lora", "full"}


def test_a_grid_has_each_kind_once_for_what_it_lacks() -> None:
    space = {"tuning": SPACE["tuning"], "lora_r": SPACE["lora_r"]}
    rows = grid(wanted(space=space, algorithm="grid"), {"tuning": "full"})
    assert rows[0] == {"tuning": "full"} and len(rows) == 4


@pytest.fixture
def made(home: Path, qa_file: Path) -> Proposal:
    return propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file), tuning="lora"))


def test_each_kind_gets_a_plan_of_its_own_and_a_rate_by_its_recipe(made: Proposal) -> None:
    order = search_order(
        made, Search(n_trials=10, search_fields=["tuning", "lora_r", "learning_rate"], tied={"lora_alpha": "2*lora_r"})
    )
    search = order.search
    assert search is not None and search.space["tuning"]["choices"] == ["lora", "full"]
    assert search.kinds["lora"].times == 1.0 and search.kinds["full"].times < 1.0
    words = search_terms(order)
    assert "(with lora only)" in words and "with full from" in words and "Trial 0 is the plan itself" in words
    full = trial_plan(made.plan, {"tuning": "full", "learning_rate": 1e-4}, search, 1.0, 1)
    assert full.adapter.tuning == "full" and full.optimisation.learning_rate == 1e-4
    lora = trial_plan(made.plan, {"tuning": "lora", "learning_rate": 1e-3, "lora_r": 8}, search, 1.0, 1)
    assert lora.leaves()["lora_alpha"] == 16


def test_kinds_alone_get_a_rate_too_and_a_range_that_was_said_holds_for_each(made: Proposal) -> None:
    order = search_order(made, Search(search_space={"tuning": {"choices": ["lora", "dora"]}}))
    assert order.search is not None and set(order.search.space) == {"tuning", "learning_rate"}
    said = {"tuning": {"choices": ["lora", "full"]}, "learning_rate": {"low": 1e-4, "high": 1e-3}}
    order = search_order(made, Search(search_space=said))
    assert order.search is not None and {kind.times for kind in order.search.kinds.values()} == {1.0}


def test_the_rate_of_a_kind_is_its_recipes_where_it_is_not_searched(made: Proposal) -> None:
    order = search_order(made, Search(search_algorithm="grid", search_fields=["tuning", "lora_r"]))
    assert order.search is not None
    plan = trial_plan(made.plan, {"tuning": "full"}, order.search, 1.0, 1)
    times = order.search.kinds["full"].times
    assert plan.optimisation.learning_rate == pytest.approx(made.plan.optimisation.learning_rate * times)


@pytest.mark.parametrize(
    ("space", "what"),
    [
        ({"tuning": {"choices": ["lora", "nonsense"]}}, "I can't search over nonsense"),
        ({"tuning": {"choices": [1, 2]}}, "kinds of training"),
        ({"tuning": {"choices": ["lora"]}}, "kinds of training"),
        ({"tuning": {"choices": ["full", "ia3"]}, "lora_r": {"choices": [8]}}, "this plan has no lora_r"),
    ],
)
def test_what_no_kind_can_be_is_refused_in_a_sentence(home: Path, qa_file: Path, space: Any, what: str) -> None:
    full = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file), tuning="full"))
    with pytest.raises(UserFacingError, match=what):
        search_order(full, Search(search_space=space))


def test_starts_from_the_past_are_moved_into_their_kind() -> None:
    full_plan = {"tuning": "full", "learning_rate": 1e-4}
    start = Start(values={"tuning": "lora", "lora_r": 64, "learning_rate": 5e-3}, source="study-1", why="alike")
    found = _within(wanted(), start.values, full_plan, [])
    assert found == {"tuning": "lora", "learning_rate": 5e-3, "lora_r": 16}, "a rank that is not tried: the middle one"
    low = {"tuning": "full", "learning_rate": 2e-5}
    lora_plan = {"tuning": "lora", "learning_rate": 1e-3, "lora_r": 16}
    assert _within(wanted(), low, lora_plan, []) == low, "full's own range begins at 1e-5"


def test_a_plan_of_a_kind_that_is_not_tried_is_no_trial(made: Proposal) -> None:
    order = search_order(made, Search(search_space={"tuning": {"choices": ["full", "ia3"]}}))
    assert order.search is not None
    own = own_values(made.plan, order.search.space)
    first = choose(order.search, own, [])
    assert first is not None and first.values["tuning"] in ("full", "ia3") and first.purpose == "sample"
    trial_plan(made.plan, first.values, order.search, 1.0, 1)


def test_a_plan_whose_rate_lies_outside_is_completed_with_one_of_its_kind() -> None:
    first = choose(wanted(), {"tuning": "lora", "lora_r": 8}, [])
    assert first is not None and sound(wanted(), first.values) and first.values["lora_r"] == 8


def test_without_kinds_everything_is_as_it_was() -> None:
    plain = SearchSettings(n_trials=3, space={"lora_r": {"choices": [8]}})
    assert has(plain, {}, "lora_r") and inward(plain, {"lora_r": 8}) == outward(plain, {"lora_r": 8}) == {"lora_r": 8}
