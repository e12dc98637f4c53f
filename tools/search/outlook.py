"""Where a loss curve is going: is there hope that it ends below what is known already?

A power law a + b * k**-c is fitted to the looks so far, for some shapes c (such curves describe language models'
losses well, arXiv 2001.08361). Of the shapes that fit about as well as the best one, the most hopeful counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHAPES = (0.25, 0.5, 1.0, 2.0)
FEWEST = 3
"""Looks before anything is foretold."""
DOUBT = 2.0
"""A shape is as good as the best one while its error is at most this many times as large."""
BEHIND = 1.05
"""A loss over this many times another's is behind it."""
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


def hopeless(losses: list[float], looks: int, known: Sequence[float]) -> bool:
    """Whether a training can be ended: even at its most hopeful it stays above what is known, and it is behind now.

    known: the curve to be beaten, () while there is none. Losses may lie still for long and then fall: only who is
    behind such a curve at the same part of the way is ended, whatever the fit foretells.
    """
    if not known or len(losses) < FEWEST or len(losses) >= looks:
        return False
    there = known[min(len(known), max(1, round(len(losses) * len(known) / looks))) - 1]
    return losses[-1] > BEHIND * there and end_of(losses, looks) > min(known)
