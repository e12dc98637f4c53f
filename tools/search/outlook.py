"""Where a loss curve is going: is there hope that it ends below what is known already?

A power law a + b * k**-c is fitted to the looks so far, for some shapes c (such curves describe language models'
losses well, arXiv 2001.08361). Of the shapes that fit about as well as the best one, the most hopeful counts.
"""

from __future__ import annotations

import math

import numpy as np

SHAPES = (0.25, 0.5, 1.0, 2.0)
FEWEST = 3
"""Looks before anything is foretold."""
DOUBT = 2.0
"""A shape is as good as the best one while its error is at most this many times as large."""
FALL = 0.5
"""Of the fall that is left by the fit: a rate that goes to zero makes the end better than the curve foretells."""


def end_of(losses: list[float], looks: int) -> float:
    """The most hopeful loss after `looks` looks. Losses: one a look, evenly spaced, the first look first."""
    seen = np.asarray(losses, dtype=float)
    when = np.arange(1, len(seen) + 1)
    ends: list[tuple[float, float]] = []
    for shape in SHAPES:
        base = np.stack([np.ones_like(seen), when**-shape], axis=1)
        fit, *_ = np.linalg.lstsq(base, seen, rcond=None)
        error = float(np.sqrt(np.mean((base @ fit - seen) ** 2)))
        ends.append((error, float(fit[0] + fit[1] * looks**-shape)))
    best = max(min(error for error, _ in ends), 1e-3 * abs(float(seen[-1])))
    hopeful = min(end - 2 * error for error, end in ends if error <= DOUBT * best)
    return min(hopeful, float(seen.min())) - FALL * max(0.0, float(seen[-1]) - hopeful)


def hopeless(losses: list[float], looks: int, known: float | None) -> bool:
    """Whether a training can be ended: it is lost, or even at its most hopeful it stays above what is known."""
    if losses and not math.isfinite(losses[-1]):
        return True
    if known is None or len(losses) < FEWEST or len(losses) >= looks:
        return False
    return end_of(losses, looks) > known
