"""Figures of tuned against untuned, of every metric."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.comparison import Measured, auc, compare
from trainer.data.convert import Example

ROWS = [Example(i, (("user", f"q{i}"), ("assistant", f"a{i}"))) for i in range(40)]


def rated(gap: float, count: int = 40) -> Measured:
    rng = np.random.default_rng(1)
    return Measured(pairs=[(float(x + gap), float(y)) for x, y in rng.normal(size=(count, 2))])


def test_pairs_preferred_rightly_are_counted() -> None:
    result = compare("pair_accuracy", rated(0.0), rated(9.0), [], 40)
    assert result["tuned"]["value"] == 1.0
    assert 0.2 < result["base"]["value"] < 0.8
    assert result["verdict"]["better"] is True
    assert result["rows"] == 40
    assert "the better answer preferred in" in result["verdict"]["sentence"]


def test_no_difference_is_called_none() -> None:
    assert compare("pair_accuracy", rated(0.0), rated(0.0), [], 40)["verdict"]["better"] is None


@pytest.mark.parametrize(("ratings", "wanted"), [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([1, 1, 1, 1], 0.5)])
def test_auc_is_how_often_good_is_above_bad(ratings: list[float], wanted: float) -> None:
    assert auc(np.array(ratings, dtype=float), np.array([0.0, 0.0, 1.0, 1.0])) == wanted


def test_auc_of_one_kind_says_nothing() -> None:
    assert auc(np.array([1.0, 2.0]), np.array([1.0, 1.0])) == 0.5


def test_marked_answers_are_judged_by_auc() -> None:
    marks = [float(i % 2) for i in range(40)]
    before = Measured(pairs=[(0.0, m) for m in marks])
    after = Measured(pairs=[(m, m) for m in marks])
    result = compare("auc", before, after, [], 40)
    assert result["base"]["value"] == 0.5 and result["tuned"]["value"] == 1.0
    assert result["verdict"]["better"] is True


def test_rewards_are_compared_row_by_row() -> None:
    low, high = (Measured(answers=["x"] * 40, earned=np.full(40, v)) for v in (0.2, 0.9))
    result = compare("reward", low, high, ROWS, 40)
    assert result["difference"]["value"] == pytest.approx(0.7)
    assert "mean reward 0.20 before, 0.90 after" in result["verdict"]["sentence"]


def test_what_was_forgotten_is_told_with_its_interval() -> None:
    told = {"tokens": np.ones(40), "letters": np.full(40, 2.0)}
    before = Measured(losses=np.ones(40), general=np.linspace(1, 2, 30), **told)
    after = Measured(losses=np.ones(40) / 2, general=np.linspace(1, 2, 30) + 0.5, **told)
    result = compare("perplexity", before, after, [], 40)
    bits = result["also"]["bits_per_byte"]
    assert bits["base"]["value"] == pytest.approx(0.5 / np.log(2), abs=1e-4), "one nat over two bytes"
    assert bits["tuned"]["value"] == pytest.approx(0.25 / np.log(2), abs=1e-4)
    forgetting = result["forgetting"]
    assert forgetting["forgot"] is True and forgetting["rows"] == 30
    assert forgetting["difference"]["value"] == pytest.approx(0.5)
