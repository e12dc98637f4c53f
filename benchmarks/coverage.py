"""Do intervals of 95 % hold the truth in 95 % of the cases?

`python -m benchmarks.coverage --draws 2000` draws samples of known truth, of the shapes that scores have (right or
wrong, likenesses with a heap at either end, gaps between two ways of answering the same rows), makes the intervals that
the results are given with, and counts how often the truth lies in them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from trainer import metrics
from trainer.evaluation.paired import difference_of_shares
from trainer.metrics import Interval, Scores

Draw = Callable[[np.random.Generator, int], Scores]
RESAMPLES = 500
"""Fewer than results are given with, so that the count ends today; that widens nothing."""


def likeness(rng: np.random.Generator, n: int) -> Scores:
    """Like chrF of free answers: a broad heap, and a tenth of answers word for word."""
    return np.where(rng.random(n) < 0.1, 100.0, 100 * rng.beta(2, 3, n))


def skewed(rng: np.random.Generator, n: int) -> Scores:
    """Mostly nothing, seldom much."""
    return 100 * rng.beta(0.5, 4, n)


def gaps(rng: np.random.Generator, n: int) -> Scores:
    """Differences of two likenesses of the same rows."""
    ease = rng.random(n)
    return 100 * (np.clip(ease + rng.normal(0.1, 0.2, n), 0, 1) - np.clip(ease + rng.normal(0, 0.2, n), 0, 1))


def shares(right: float) -> Draw:
    """Right or wrong."""
    return lambda rng, n: (rng.random(n) < right).astype(float)


def counted(draw: Draw, made: Callable[[Scores], Interval], n: int, draws: int) -> float:
    """Share of the intervals that hold the mean of the distribution."""
    rng = np.random.default_rng(n)
    truth = float(draw(np.random.default_rng(0), 4_000_000).mean())
    hits = 0
    for _ in range(draws):
        found = made(draw(rng, n))
        hits += found.low - 1e-4 <= truth <= found.high + 1e-4  # intervals are told to four places
    return hits / draws


def counted_pairs(a: float, b: float, n: int, draws: int) -> float:
    """The same for the difference of two shares over the same rows, alike hard for both."""
    ease = np.random.default_rng(0).random(2_000_000)
    noise = np.random.default_rng(1).random(2_000_000)
    cut = {share: float(np.quantile(0.6 * ease + 0.4 * noise, share)) for share in (a, b)}
    rng, hits = np.random.default_rng(n), 0
    for _ in range(draws):
        hard = rng.random(n)
        one, other = ((0.6 * hard + 0.4 * rng.random(n) < cut[share]).astype(float) for share in (a, b))
        found = difference_of_shares(one, other)
        hits += found.low - 1e-4 <= a - b <= found.high + 1e-4
    return hits / draws


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--draws", type=int, default=2000)
    options = given.parse_args()
    metrics.RESAMPLES = RESAMPLES
    kinds: list[tuple[str, Draw, Callable[[Scores], Interval]]] = [
        ("likeness, bootstrap", likeness, metrics.mean_interval),
        ("skewed likeness, bootstrap", skewed, metrics.mean_interval),
        ("gap of likenesses, bootstrap", gaps, metrics.mean_interval),
        ("share 0.5, Wilson", shares(0.5), metrics.proportion),
        ("share 0.9, Wilson", shares(0.9), metrics.proportion),
    ]
    for name, draw, made in kinds:
        told = ", ".join(f"{n} rows {100 * counted(draw, made, n, options.draws):.1f} %" for n in (40, 80, 200))
        print(f"{name:32} {told}", flush=True)
    for a, b in ((0.5, 0.5), (0.9, 0.6), (0.95, 0.9)):
        told = ", ".join(f"{n} rows {100 * counted_pairs(a, b, n, options.draws):.1f} %" for n in (40, 80, 200))
        print(f"{f'gap of shares {a} and {b}, Newcombe':32} {told}", flush=True)


if __name__ == "__main__":
    main()
