"""What the scores of a training look like: how many are missing, and whether they still tell answers apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import fmean
from typing import Any

from trainer.rewards.answers import Answer

Note = Callable[[dict[str, Any]], None]
Scores = list[float | None]
FLAT_BATCHES = 5
"""Batches in a row without a difference inside any group after which it is said."""
FAILURES = 3
"""Failures of one reward after which it is said."""
_CLOSE = 1e-9


class Tally:
    """Scores of all rewards of a run, batch by batch. `note` is given one row a batch, and warnings as they arise."""

    def __init__(self, names: Sequence[str], weights: Sequence[float], note: Note | None = None) -> None:
        self._names, self._weights, self._note = list(names), list(weights), note or _unheard
        self._batch: dict[str, Scores] = {}
        self._answers: Counter[str] = Counter()
        self._missing: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._flat = 0
        self._batches = 0

    def add(self, name: str, answers: Sequence[Answer], scores: Scores) -> None:
        """One reward's scores of a batch. The last reward's close the batch."""
        self._answers[name] += len(scores)
        self._missing[name] += scores.count(None)
        self._batch[name] = scores
        if len(self._batch) == len(self._names):
            self._close(answers)

    def failed(self, name: str, why: str) -> None:
        """A reward could not judge an answer; the third time it is said."""
        self._failures[name] += 1
        if self._failures[name] == FAILURES:
            advice = (
                f"The reward {name} failed {FAILURES} times, the last time because {why}. Such answers get no score."
            )
            self._note({"event": "reward_failing", "reward": name, "count": FAILURES, "why": why, "advice": advice})

    def none_share(self, name: str) -> float:
        """Share of answers so far that a reward gave no score, 0 to 1."""
        return self._missing[name] / self._answers[name] if self._answers[name] else 0.0

    def _close(self, answers: Sequence[Answer]) -> None:
        batch, self._batch = self._batch, {}
        self._batches += 1
        flat = flat_share(answers, self._sums(batch))
        means = {name: _mean(scores) for name, scores in batch.items()}
        missing = {name: round(self.none_share(name), 4) for name in batch}
        row = {"event": "rewards", "batch": self._batches, "mean": means, "none_share": missing, "flat_groups": flat}
        self._note(row | {"failures": dict(self._failures)})
        if flat is not None:
            self._watch(flat)

    def _sums(self, batch: dict[str, Scores]) -> Scores:
        """The weighted sum for each answer, as TRL makes it; None where no reward gave a score."""
        rows = zip(*(batch[name] for name in self._names), strict=True)
        return [_sum(row, self._weights) for row in rows]

    def _watch(self, flat: float) -> None:
        self._flat = self._flat + 1 if flat == 1.0 else 0
        if self._flat == FLAT_BATCHES:
            advice = (
                f"In {FLAT_BATCHES} batches all answers to the same prompt scored the same, so nothing is learned from "
                "them. Make the reward finer, add one for the form of the answer, raise temperature or num_generations."
            )
            self._note({"event": "rewards_constant", "batches": FLAT_BATCHES, "advice": advice})


def _unheard(row: dict[str, Any]) -> None:
    """Where nobody keeps the record."""


def flat_share(answers: Sequence[Answer], sums: Scores) -> float | None:
    """Share of groups (answers to one prompt) whose scores are all equal; None where no group has two answers."""
    pairs = groupby(zip(answers, sums, strict=True), key=lambda pair: (pair[0].row, pair[0].prompt))
    groups = [[score for _, score in pair] for _, pair in pairs]
    scored = [[s for s in group if s is not None] for group in groups if len(group) > 1]
    flat = [not group or max(group) - min(group) < _CLOSE for group in scored]
    return sum(flat) / len(flat) if flat else None


def _sum(row: Sequence[float | None], weights: Sequence[float]) -> float | None:
    known = [score * weight for score, weight in zip(row, weights, strict=True) if score is not None]
    return sum(known) if known else None


def _mean(scores: Scores) -> float | None:
    known = [s for s in scores if s is not None]
    return round(fmean(known), 6) if known else None
