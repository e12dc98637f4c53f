"""What a search tries next: timetable, spread points, what goes on, repeats; the same for the same seen."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.orders import SearchSettings, Start
from tools.search.points import grid, spread
from tools.search.seen import Choice, Seen
from tools.search.strategy import best_of, choose
from tools.search.suggesting import suggested
from tools.search.timetable import shares_for, timetable, wholes

SPACE: dict[str, dict[str, Any]] = {
    "learning_rate": {"low": 1e-5, "high": 1e-1, "log": True},
    "lora_r": {"choices": [8, 16, 32]},
}
OWN = {"learning_rate": 1e-3, "lora_r": 16}


def wanted(n: int = 20, **more: Any) -> SearchSettings:
    said = {"n_trials": n, "space": SPACE, "shares": (0.125, 1.0)}
    return SearchSettings.model_validate(said | more)


def loss(choice: Choice) -> float:
    return 1.0 + abs(math.log10(choice.values["learning_rate"]) + 2) + 0.1 / choice.share


def carried_out(search: SearchSettings, value: Any = loss) -> list[Seen]:
    seen: list[Seen] = []
    while len(seen) < search.n_trials:
        choice = choose(search, OWN, seen)
        assert choice is not None, "with nothing under way there is always something to do"
        found = value(choice)
        state: Any = "fail" if found is None else "complete"
        seen.append(Seen(len(seen), choice.values, state, found, choice.share, choice.purpose, choice.of))
    return seen


@given(st.integers(1, 120), st.integers(0, 2), st.sampled_from([(1.0,), (0.125, 1.0)]))
def test_the_timetable_keeps_the_budget(n: int, past: int, shares: tuple[float, ...]) -> None:
    starts = tuple(Start(values=OWN, source=f"run-{i}", why="alike") for i in range(past))
    slots = timetable(wanted(n, shares=shares, starts=starts))
    assert len(slots) == n and slots[0].purpose == "plan" and slots[0].share == 1.0
    assert sum(slot.purpose == "again" for slot in slots) == (2 if n >= 8 else 0)
    if n >= 6 and len(shares) > 1:
        assert any(slot.purpose == "longer" and slot.share == 1.0 for slot in slots)
        assert wholes(wanted(n, shares=shares)) < n


def test_short_trainings_need_enough_steps() -> None:
    assert shares_for(30, 20) == (1.0,) and shares_for(1000, 4) == (1.0,)
    assert shares_for(50, 20) == (0.25, 1.0) and shares_for(800, 20) == (0.125, 1.0)


def test_twenty_trials_cost_less_than_ten_whole_trainings() -> None:
    assert wholes(wanted(20)) < 10, "the two repeats included"


def test_the_best_go_on_and_the_repeats_are_of_plan_and_best() -> None:
    seen = carried_out(wanted())
    short = sorted((t for t in seen if t.share == 0.125), key=lambda t: t.value or 0)
    longer = [t for t in seen if t.purpose in ("longer", "step")]
    assert longer[0].purpose == "longer" and longer[0].of == short[0].number and longer[0].values == short[0].values
    best = best_of(seen)
    assert best is not None and best.value is not None
    plan = seen[0]
    assert plan.values == OWN and plan.value is not None and best.value < plan.value
    assert [t.of for t in seen if t.purpose == "again"] == [0, best.number]
    firsts = [(tuple(t.values.items()), t.share) for t in seen if t.purpose != "again"]
    assert len(firsts) == len(set(firsts)), "none is trained twice"


def test_what_is_nearly_the_same_does_not_go_on_twice() -> None:
    rates = [1e-2, 1.01e-2, 1.02e-2, 3e-4]
    short = [Seen(i, {"learning_rate": r, "lora_r": 8}, "complete", 1.0 + i, 0.125) for i, r in enumerate(rates)]
    first = Seen(4, short[0].values, "complete", 0.9, 1.0, "longer", 0)
    slots = timetable(wanted())
    at = next(i for i, slot in enumerate(slots) if slot.purpose == "longer")
    seen = [*short, *[short[-1]] * (at - len(short)), first]

    def next_of(*more: Seen) -> Choice:
        choice = choose(wanted(), OWN, [replace(t, number=i) for i, t in enumerate([*seen, *more])])
        assert choice is not None
        return choice

    def tried(choice: Choice, value: float) -> Seen:
        return Seen(0, choice.values, "complete", value, 1.0, choice.purpose)

    lower = next_of()
    assert (lower.purpose, lower.values["learning_rate"]) == ("step", 5e-3), "the best rate falls with the length"
    again = next_of(tried(lower, 0.8))
    assert (again.purpose, again.values["learning_rate"]) == ("step", 2.5e-3), "it helped: on"
    higher = next_of(tried(lower, 1.2))
    assert (higher.purpose, higher.values["learning_rate"]) == ("step", 2e-2)
    other = next_of(tried(lower, 1.2), tried(higher, 1.3))
    assert (other.purpose, other.values["learning_rate"]) == ("longer", 3e-4), "not what is nearly the same"


def test_it_waits_for_what_it_builds_on() -> None:
    search = wanted()
    slots = timetable(search)
    first_longer = next(i for i, slot in enumerate(slots) if slot.purpose == "longer")
    full = carried_out(search)
    running = [Seen(t.number, t.values, "running", None, t.share, t.purpose) for t in full[1:first_longer]]
    assert choose(search, OWN, [full[0], *running]) is None
    done = [*full[: first_longer - 1], running[-1]]
    assert choose(search, OWN, done) is not None, "one straggler holds nobody up"


def test_failures_leave_a_search_that_goes_on() -> None:
    odd = itertools.count()
    seen = carried_out(wanted(), lambda c: None if next(odd) % 2 else loss(c))
    assert len(seen) == 20 and best_of(seen) is not None
    assert best_of(carried_out(wanted(), lambda _: None)) is None


def test_the_same_seen_gives_the_same_choice() -> None:
    seen = carried_out(wanted())
    for n in range(len(seen)):
        assert choose(wanted(), OWN, seen[:n]) == choose(wanted(), OWN, seen[:n])
    assert carried_out(wanted()) == seen != carried_out(wanted(seed=7))


def test_learned_values_lie_where_the_good_ones_are() -> None:
    seen = carried_out(wanted(30))
    late = [t.values["learning_rate"] for t in seen if t.purpose == "sample"][8:]
    near = sum(abs(math.log10(rate) + 2) < 1 for rate in late)
    assert near / len(late) > 0.6, "half of the space would be hit by chance"


def test_past_values_are_moved_into_the_space() -> None:
    start = Start(values={"learning_rate": 5.0, "lora_r": 64}, source="run-3", why="alike")
    choice = choose(wanted(starts=(start,)), OWN, carried_out(wanted(2)))
    assert choice is not None and choice.purpose == "past" and choice.share == 0.125
    assert choice.values == {"learning_rate": 0.1, "lora_r": 16}


@settings(max_examples=30)
@given(st.integers(0, 200), st.integers(0, 1000))
def test_points_lie_in_the_space(index: int, seed: int) -> None:
    values = spread(wanted(seed=seed), index)
    assert 1e-5 <= values["learning_rate"] <= 1e-1 and values["lora_r"] in (8, 16, 32)


def test_spread_points_cover_more_than_chance() -> None:
    logs = sorted(math.log10(spread(wanted(), i)["learning_rate"]) for i in range(8))
    gaps = [b - a for a, b in itertools.pairwise([-5.0, *logs, -1.0])]
    assert max(gaps) < 1.2


def test_a_grid_has_every_combination_once_the_plan_first() -> None:
    rows = grid(wanted(9, algorithm="grid"), {"learning_rate": 1e-3, "lora_r": 16})
    assert len(rows) == 9 and rows[0] == pytest.approx({"learning_rate": 1e-3, "lora_r": 16})
    assert {row["lora_r"] for row in rows} == {8, 16, 32}
    seen = carried_out(wanted(9, algorithm="grid", shares=(1.0,)))
    assert len({tuple(t.values.items()) for t in seen}) == 9 and not [t for t in seen if t.purpose == "again"]


def test_random_learns_nothing() -> None:
    search = wanted(12, algorithm="random", shares=(1.0,))
    one, other = (
        [Seen(0, OWN, "complete", a), Seen(1, {**OWN, "lora_r": 8}, "complete", b)] for a, b in ((0.1, 9.9), (9.9, 0.1))
    )
    assert suggested(search, one, 1.0) == suggested(search, other, 1.0) != suggested(search, one[:1], 1.0)
