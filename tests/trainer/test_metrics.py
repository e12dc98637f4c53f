"""Scores and verdicts: right by hand, intervals that cover, words no surer than the figures."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from trainer.metrics import bootstrap, chrf, difference, exact, macro_f1, mean_interval, perplexity, rouge_l
from trainer.verdict import verdict


def test_exact_match_ignores_only_blanks_at_the_ends() -> None:
    assert exact([" a ", "A", "a b"], ["a", "a", "ab"]).tolist() == [1, 0, 0]


def test_macro_f1_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    truth = [str(x) for x in rng.integers(0, 5, 200)]
    said = [t if rng.random() < 0.7 else str(rng.integers(0, 6)) for t in truth]
    labels = sorted(set(truth))
    assert macro_f1(said, truth).value == pytest.approx(f1_score(truth, said, labels=labels, average="macro"), abs=1e-4)


def test_text_scores_are_full_for_equal_text_and_low_for_other() -> None:
    assert chrf(["the parcel is late"], ["the parcel is late"])[0] == pytest.approx(100)
    assert rouge_l(["the parcel is late"], ["the parcel is late"])[0] == pytest.approx(100)
    assert chrf(["xyz"], ["the parcel is late"])[0] < 10


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for i in range(120):
        sample = (rng.random(150) < 0.6).astype(float)
        found = bootstrap(150, lambda rows, s=sample: float(s[rows].mean()), seed=i)
        hits += found.low <= 0.6 <= found.high
    assert 0.88 <= hits / 120 <= 1.0


def test_a_gap_that_is_the_same_in_every_row_is_bounded_on_both_sides_of_nought() -> None:
    up, down = difference(np.full(5, 30.0), np.zeros(5)), difference(np.zeros(5), np.full(5, 30.0))
    assert (up.low, up.high) == (-down.high, -down.low) and up.low < 30 == up.high


def test_perplexity_weighs_rows_by_their_tokens() -> None:
    found = perplexity(np.array([1.0, 3.0]), np.array([3.0, 1.0]))
    assert found.value == pytest.approx(np.exp(1.5), abs=1e-3)


def figures(tuned: float, base: float, low: float, high: float) -> dict[str, object]:
    gap = {"value": tuned - base, "low": low, "high": high}
    return {
        "tuned": {"value": tuned, "low": 0, "high": 1},
        "base": {"value": base, "low": 0, "high": 1},
        "difference": gap,
        "rows": 80,
    }


@pytest.mark.parametrize(
    ("metric", "low", "high", "better", "words"),
    [
        ("accuracy", 0.1, 0.3, True, "It helped"),
        ("accuracy", -0.3, -0.1, False, "got worse"),
        ("accuracy", -0.1, 0.1, None, "No difference that 80 rows could show"),
        ("perplexity", -3.0, -1.0, True, "It helped"),
        ("perplexity", 1.0, 3.0, False, "got worse"),
    ],
)
def test_verdicts_say_what_the_interval_says(
    metric: str, low: float, high: float, better: bool | None, words: str
) -> None:
    found = verdict(metric, figures(0.7, 0.5, low, high))
    assert found["better"] is better
    assert words in found["sentence"]


def test_a_paired_difference_of_equal_scores_is_zero() -> None:
    scores = np.array([0.0, 1.0, 1.0])
    assert difference(scores, scores).model_dump() == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert mean_interval(scores).value == pytest.approx(0.6667, abs=1e-4)
