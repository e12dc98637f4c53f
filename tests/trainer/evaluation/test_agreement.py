"""Kappa against worked examples of the literature, and on planted raters."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluation.agreement import band, cohen, fleiss

FLEISS_1971 = (
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
)  # fmt: skip
"""Ten items, fourteen raters, five kinds: the usual worked example, kappa 0.210."""


def test_cohen_as_worked_by_hand() -> None:
    # 50 items: both yes 20, first alone 5, second alone 10, both no 15: observed 0.7, by chance 0.5
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen(one, other) == pytest.approx(0.4)


def test_fleiss_as_worked_in_the_literature() -> None:
    items = [[kind for kind, count in enumerate(row) for _ in range(count)] for row in FLEISS_1971]
    assert fleiss(items) == pytest.approx(0.210, abs=0.0005)


def test_a_scale_weighs_how_far_apart() -> None:
    near, far = [1, 2, 3, 4, 5] * 4, [5, 1, 3, 5, 1] * 4
    beside = [2, 2, 3, 4, 4] * 4
    close, apart = cohen(near, beside, weighted=True), cohen(near, far, weighted=True)
    assert close is not None and apart is not None and close > 0.7 > apart
    plain = cohen(near, beside)
    assert plain is not None and close > plain, "one step off is not as bad as four"


@pytest.mark.parametrize(("share", "want"), [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)])
def test_planted_raters_agree_as_planted(share: float, want: float) -> None:
    lot = random.Random(1)
    one = [lot.choice("abc") for _ in range(6000)]
    other = [lot.choice("abc") if lot.random() < share else value for value in one]
    assert cohen(one, other) == pytest.approx(want, abs=0.03)
    assert fleiss(list(zip(one, other, strict=True))) == pytest.approx(want, abs=0.03)


def test_where_nothing_differs_there_is_no_kappa() -> None:
    assert cohen(["a"] * 5, ["a"] * 5) is None and fleiss([["a", "a"]] * 5) is None and fleiss([]) is None
    with pytest.raises(ValueError, match="as many ratings"):
        fleiss([["a", "b"], ["a"]])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab"), st.sampled_from("ab")), min_size=2))
def test_kappa_has_no_order(items: list[tuple[str, str, str]]) -> None:
    turned = [item[::-1] for item in items[::-1]]
    assert fleiss(items) == pytest.approx(fleiss(turned))
    one, other = [i[0] for i in items], [i[1] for i in items]
    assert cohen(one, other) == pytest.approx(cohen(other, one))


def test_bands_are_the_usual_ones() -> None:
    assert [band(k) for k in (-0.1, 0.1, 0.3, 0.5, 0.7, 1.0)] == [
        "less than by chance", "slight", "fair", "moderate", "substantial", "almost perfect",
    ]  # fmt: skip
