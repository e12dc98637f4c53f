"""Scores of answers against references, with bootstrap intervals. No torch in this room."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Scores = NDArray[np.float64]
RESAMPLES = 2000
LEVEL = 0.95


class Interval(BaseModel):
    """A figure with its 95 % interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float


def bootstrap(count: int, statistic: Callable[[NDArray[np.int64]], float], seed: int = 0) -> Interval:
    """Resample row numbers; `statistic` maps chosen rows to the figure.

    Percentiles (Efron 1979), widened for few rows as Student's t is (Hesterberg 2015, "expanded percentile interval").
    """
    rng = np.random.default_rng(seed)
    drawn = [statistic(rng.integers(0, count, count)) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, [tail(count), 1 - tail(count)])
    return Interval(
        value=round(statistic(np.arange(count)), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
    )


@cache
def tail(count: int) -> float:
    """Share of the resamples to leave out at each end, for so many rows."""
    from scipy.stats import norm, t

    wide = t.ppf((1 + LEVEL) / 2, max(1, count - 1)) * np.sqrt(count / max(1, count - 1))
    return float(norm.sf(wide))


def mean_interval(scores: Scores) -> Interval:
    """Mean of per-row scores."""
    return bootstrap(len(scores), lambda rows: float(scores[rows].mean()))


def difference(a: Scores, b: Scores) -> Interval:
    """Mean of a - b over the same rows: a paired comparison.

    When every row gives the same difference no resample can differ; the rule of three (an event not
    seen in n trials is rarer than 3/n, 95 %) then bounds what may have been missed.
    """
    found = mean_interval(a - b)
    if found.low < found.high or not found.value:
        return found
    missed = round(abs(found.value) * min(1.0, 3 / len(a)), 4)
    low, high = found.low - missed, found.high + missed
    if found.value > 0:
        return Interval(value=found.value, low=low, high=min(high, float(np.max(a - b))))
    return Interval(value=found.value, low=max(low, float(np.min(a - b))), high=high)


def proportion(scores: Scores) -> Interval:
    """A share of right answers with its Wilson interval (Wilson 1927), honest near 0 and 1."""
    from scipy.stats import binomtest

    found = binomtest(int(scores.sum()), len(scores)).proportion_ci(LEVEL, method="wilson")
    return Interval(value=round(float(scores.mean()), 4), low=round(found.low, 4), high=round(found.high, 4))


def exact(answers: list[str], references: list[str]) -> Scores:
    """1 where the answer is the reference, blanks at the ends aside."""
    return np.array([float(a.strip() == r.strip()) for a, r in zip(answers, references, strict=True)])


def macro_f1(answers: list[str], references: list[str]) -> Interval:
    """F1 averaged over the labels that occur among the references."""
    labels = sorted(set(references))
    index = {label: i for i, label in enumerate(labels)}
    truth = np.array([index[r] for r in references])
    said = np.array([index.get(a.strip(), -1) for a in answers])
    return bootstrap(len(truth), lambda rows: _macro(truth[rows], said[rows], len(labels)))


def _macro(truth: NDArray[np.int64], said: NDArray[np.int64], labels: int) -> float:
    """Macro-F1 from counts; labels that the sample lacks do not count."""
    hits = np.bincount(truth[truth == said], minlength=labels)
    present = np.bincount(truth, minlength=labels)
    claimed = np.bincount(said[said >= 0], minlength=labels)
    f1 = 2 * hits / np.maximum(present + claimed, 1)
    return float(f1[present > 0].mean())


def chrf(answers: list[str], references: list[str]) -> Scores:
    """chrF per row, 0 to 100 (Popovic 2015; sacrebleu's default settings)."""
    from sacrebleu.metrics.chrf import CHRF

    scorer = CHRF()
    return np.array([scorer.sentence_score(a, [r]).score for a, r in zip(answers, references, strict=True)])


def rouge_l(answers: list[str], references: list[str]) -> Scores:
    """ROUGE-L F-measure per row, 0 to 100 (Lin 2004; rouge-score)."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"])
    return np.array([100 * scorer.score(r, a)["rougeL"].fmeasure for a, r in zip(answers, references, strict=True)])


def bits_per_byte(losses: Scores, letters: Scores) -> Interval:
    """Bits a byte of text (as in the Pile's paper, arXiv 2101.00027): summed loss of each row in nats, its bytes."""
    return bootstrap(len(losses), lambda rows: float(losses[rows].sum() / (np.log(2) * letters[rows].sum())))


def perplexity(losses: Scores, tokens: Scores) -> Interval:
    """exp of the mean loss a token; rows are resampled, weighted by their tokens."""
    return bootstrap(len(losses), lambda rows: float(np.exp((losses * tokens)[rows].sum() / tokens[rows].sum())))
