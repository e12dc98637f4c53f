"""Two ways of answering on the same rows: the gap with its interval, a test, and the rows that would show it."""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.stats import binomtest, norm

from trainer import metrics
from trainer.metrics import LEVEL, Interval, Scores

FLIPS = 10_000
POWER = 0.8
MOST_ROWS = 100_000
"""Beyond this many rows a gap is too small to be looked for."""


class Paired(BaseModel):
    """a - b over the same rows."""

    model_config = ConfigDict(frozen=True)

    gap: Interval
    p: float
    """Of a gap as large by chance alone, were there none: McNemar's exact test for right or wrong, else signs flipped
    at random."""
    rows: int
    rows_needed: int | None
    """Rows that would show a gap of this size with 80 % likelihood; None where it is too small to be looked for."""

    @property
    def sure(self) -> bool | None:
        """True: a is better; False: it is worse; None: it can't be told."""
        return True if self.gap.low > 0 else False if self.gap.high < 0 else None


def paired(a: Scores, b: Scores) -> Paired:
    """Compare scores of the same rows."""
    binary = bool(np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all())
    gap = difference_of_shares(a, b) if binary else metrics.difference(a, b)
    return Paired(gap=gap, p=mcnemar(a, b) if binary else flipped(a - b), rows=len(a), rows_needed=rows_needed(a - b))


def difference_of_shares(a: Scores, b: Scores) -> Interval:
    """Difference of two shares over the same rows, Newcombe's hybrid score interval (1998, method 10).

    It is honest near 0 and 1 and where all rows agree, where a bootstrap has nothing to draw from.
    """
    n = len(a)
    both, only_a = float((a * b).sum()), float((a * (1 - b)).sum())
    only_b = float(((1 - a) * b).sum())
    neither = n - both - only_a - only_b
    pa, pb = (both + only_a) / n, (both + only_b) / n
    one, other = metrics.proportion(a), metrics.proportion(b)
    (la, ua), (lb, ub) = (one.low, one.high), (other.low, other.high)
    tied = _correlation(both, only_a, only_b, neither, n)
    under = math.sqrt(max(0.0, (pa - la) ** 2 - 2 * tied * (pa - la) * (ub - pb) + (ub - pb) ** 2))
    over = math.sqrt(max(0.0, (ua - pa) ** 2 - 2 * tied * (ua - pa) * (pb - lb) + (pb - lb) ** 2))
    gap = pa - pb
    return Interval(value=round(gap, 4), low=round(max(-1.0, gap - under), 4), high=round(min(1.0, gap + over), 4))


def _correlation(both: float, only_a: float, only_b: float, neither: float, n: int) -> float:
    """Phi of the fourfold table, corrected for continuity as Newcombe does."""
    product = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if product == 0:
        return 0.0
    cross = both * neither - only_a * only_b
    cross = max(0.0, cross - n / 2) if cross > 0 else cross
    return cross / math.sqrt(product)


def mcnemar(a: Scores, b: Scores) -> float:
    """McNemar's exact test: rows that only one got right, against a fair coin."""
    only_a, only_b = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def flipped(gaps: Scores, seed: int = 0) -> float:
    """Share of random signs that give a mean gap as far from 0 (a paired permutation test)."""
    seen = abs(float(gaps.sum()))
    if not seen:
        return 1.0
    rng = np.random.default_rng(seed)
    as_far = 0
    for _ in range(FLIPS // 500):
        signs = rng.choice((-1.0, 1.0), size=(500, len(gaps)))
        as_far += int((np.abs(signs @ gaps) >= seen - 1e-12).sum())
    return (as_far + 1) / (FLIPS + 1)


def rows_needed(gaps: Scores) -> int | None:
    """Rows for 80 % power at 5 %, were the gap and its spread as seen: ((z.975 + z.8) sd / gap)^2."""
    gap, spread = abs(float(gaps.mean())), float(gaps.std(ddof=1)) if len(gaps) > 1 else 0.0
    if not gap or not spread:
        return None
    wanted = ((norm.ppf((1 + LEVEL) / 2) + norm.ppf(POWER)) * spread / gap) ** 2
    return max(8, math.ceil(wanted)) if wanted <= MOST_ROWS else None
