"""Where a curve is going: hopeless ones are told, good ones never are."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tools.search.outlook import end_of, hopeless


def curve(floor: float, drop: float, shape: float, looks: int = 8, noise: float = 0.0, seed: int = 0) -> list[float]:
    lot = random.Random(seed)
    return [floor + drop * k**-shape + lot.gauss(0, noise) for k in range(1, looks + 1)]


def test_a_curve_that_flattens_far_above_is_hopeless() -> None:
    flat = curve(3.0, 1.0, 1.0)
    good = curve(0.8, 1.0, 1.0)
    assert hopeless(flat[:4], 8, good)
    assert not hopeless(flat[:2], 8, good), "two looks foretell nothing"
    assert not hopeless(flat, 8, good), "it has ended anyway"
    assert not hopeless(flat[:4], 8, ())


def test_who_lies_still_as_the_best_did_before_it_fell_is_not_ended() -> None:
    best = [4.2, 3.92, 3.9, 3.9, 3.8, 3.5, 3.3, 3.2]
    assert end_of([4.15, 3.92, 3.91], 8) > min(best)
    assert not hopeless([4.15, 3.92, 3.91], 8, best)
    assert hopeless([5.2, 5.0, 4.95], 8, best)


@given(
    st.floats(0.1, 3), st.floats(0.1, 5), st.sampled_from([0.25, 0.5, 1.0, 2.0]), st.integers(3, 7), st.integers(0, 99)
)
def test_who_would_win_is_never_ended(floor: float, drop: float, shape: float, at: int, seed: int) -> None:
    whole = curve(floor, drop, shape, noise=0.005 * drop, seed=seed)
    assert not hopeless(whole[:at], 8, [loss * 1.02 for loss in whole])


@given(st.floats(0.1, 3), st.floats(0.1, 5), st.sampled_from([0.5, 1.0, 2.0]))
def test_the_end_of_a_clean_curve_is_foretold(floor: float, drop: float, shape: float) -> None:
    whole = curve(floor, drop, shape)
    assert end_of(whole[:5], 8) <= whole[-1] + 1e-6, "hope is on the side of the training"
    assert end_of(whole[:5], 8) > -drop, "hope has an end"
