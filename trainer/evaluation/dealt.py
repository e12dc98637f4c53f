"""Do the answers depend on the questions at all? The model's own answers, dealt out to other rows.

A model that learned the manner, the commonest label or a good average answer scores as well on answers that were given
to other questions. Only what it scores beyond that was learned about the question.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.evaluation.scores import BY_TESTS, scored
from trainer.metrics import Scores

TIMES = 20
"""Deals that are averaged, each another rotation of a random order."""
FEW_TIMES = 3
"""Where each score is a program that runs."""


def dealt(metric: str, answers: Sequence[str], references: Sequence[str], seed: int = 0) -> Scores:
    """For each row the mean score of other rows' answers; a single row has none, and scores 0."""
    count = len(answers)
    if count < 2:
        return np.zeros(count)
    order = np.random.default_rng(seed).permutation(count)
    times = FEW_TIMES if metric in BY_TESTS else TIMES
    shifts = np.unique(np.linspace(1, count - 1, min(times, count - 1)).round().astype(int))
    total = np.zeros(count)
    for shift in shifts:
        other = np.empty(count, dtype=int)
        other[order] = order[(np.arange(count) + shift) % count]
        total += scored(metric, [answers[i] for i in other], references)
    return total / len(shifts)
