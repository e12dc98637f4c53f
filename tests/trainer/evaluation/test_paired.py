"""Two ways of answering on the same rows: intervals that cover, no false alarms, rows that would be needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluation.paired import difference_of_shares, flipped, mcnemar, paired, rows_needed

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=8, max_size=60)


@given(PAIRS)
def test_the_interval_holds_the_gap_and_turns_with_it(pairs: list[tuple[bool, bool]]) -> None:
    a, b = (np.array([float(p[i]) for p in pairs]) for i in (0, 1))
    one, other = difference_of_shares(a, b), difference_of_shares(b, a)
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert (one.low, one.high) == (-other.high, -other.low)
    assert 0 <= mcnemar(a, b) <= 1


@pytest.mark.parametrize(("n", "right_a", "right_b"), [(40, 0.9, 0.6), (80, 0.5, 0.5), (200, 0.97, 0.9)])
def test_the_interval_of_shares_covers_the_truth_as_often_as_it_says(n: int, right_a: float, right_b: float) -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(600):
        ease = rng.random(n)  # the same rows are hard for both
        a, b = ((0.6 * ease + 0.4 * rng.random(n) < _cut(share)).astype(float) for share in (right_a, right_b))
        found = difference_of_shares(a, b)
        hits += found.low <= right_a - right_b <= found.high
    assert 0.93 <= hits / 600 <= 0.985


def _cut(share: float) -> float:
    """The value under which 0.6 u + 0.4 v lies with this probability, by drawing."""
    rng = np.random.default_rng(0)
    return float(np.quantile(0.6 * rng.random(400_000) + 0.4 * rng.random(400_000), share))


def test_equal_scores_are_no_difference_and_need_no_rows() -> None:
    a = np.array([1.0, 0.0, 1.0, 1.0] * 10)
    found = paired(a, a)
    assert found.gap.value == 0 and found.sure is None and found.p == 1 and found.rows_needed is None


def test_chance_alone_is_seldom_called_a_difference() -> None:
    rng = np.random.default_rng(3)
    called = sum(paired(rng.normal(50, 10, 60), rng.normal(50, 10, 60)).sure is not None for _ in range(200))
    assert called / 200 < 0.1
    assert flipped(rng.normal(0, 1, 50)) > 0.01


def test_a_clear_gap_is_sure_and_a_small_one_names_the_rows_it_needs() -> None:
    rng = np.random.default_rng(4)
    clear = paired(rng.normal(60, 10, 80), rng.normal(40, 10, 80))
    assert clear.sure is True and clear.p < 0.001 and clear.rows == 80
    gaps = rng.normal(0.5, 5, 80)
    gaps += 0.5 - gaps.mean()
    wanted = rows_needed(gaps)
    assert wanted == pytest.approx((2.8 * gaps.std(ddof=1) / 0.5) ** 2, rel=0.01)
    assert rows_needed(np.array([1e-6, 1.0, -1.0])) is None
