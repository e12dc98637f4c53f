"""What each training of a search is for: many short ones, the best of them whole.

Successive halving in brackets (Hyperband, arXiv 1603.06560), written down before the search begins: the n-th
training has its purpose whoever carries it out, so a search can be resumed and shared among processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tools.orders import SearchSettings
from tools.search.noise import LEAST, REPEATS

FEWEST = 6
"""Trainings under which all are whole: too few to sort out by short ones."""
BRACKET = 24
"""Trainings of one bracket at most."""
WHOLE_SHARE = 0.3
"""Of a bracket's trainings, those that are whole."""
FEWEST_STEPS = 10
"""Steps under which a short training says nothing."""

Purpose = Literal["plan", "past", "sample", "longer", "again"]


@dataclass(frozen=True)
class Slot:
    """One training of the timetable."""

    purpose: Purpose
    """The plan's own values, a past run's, new ones, the best of a shorter share, or one more with another seed."""
    share: float = 1.0
    """Of the plan's steps."""
    below: float = 1.0
    """longer: the share whose best goes on."""
    which: int = 0
    """past: which start; again: 0 the plan, 1 the best."""


def shares_for(steps: int, n_trials: int) -> tuple[float, ...]:
    """Shares of the steps that are worth training: an eighth (or a quarter) and all, where that leaves enough steps.

    A rung in between did not pay in `benchmarks/searches.py`: it ranks little better than the short ones, and hopeless
    whole ones are ended on the way.
    """
    if n_trials < FEWEST or steps < 4 * FEWEST_STEPS:
        return (1.0,)
    return (0.125 if steps >= 8 * FEWEST_STEPS else 0.25, 1.0)


def timetable(settings: SearchSettings) -> tuple[Slot, ...]:
    """All trainings of a search, in order; as many as were approved."""
    n, past = settings.n_trials, len(settings.starts)
    if settings.algorithm == "grid":
        return (Slot("sample"),) * n
    spared = REPEATS if n >= LEAST else 0
    again = tuple(Slot("again", which=i) for i in range(spared))
    if len(settings.shares) == 1:
        starts = [Slot("plan"), *(Slot("past", which=i) for i in range(past))]
        return _cut([*starts, *(Slot("sample"),) * n], n - spared) + again
    short = settings.shares[0]
    left = n - spared - 1
    brackets = max(1, round(left / BRACKET))
    out = [Slot("plan")]
    for i in range(brackets):
        size = left // brackets + (i < left % brackets)
        starts = [Slot("plan", short), *(Slot("past", short, which=k) for k in range(past))] if i == 0 else []
        out += _bracket(size, starts, short)
    return _cut(out, n - spared) + again


def _bracket(size: int, starts: list[Slot], short: float) -> list[Slot]:
    """Many short, then whole ones."""
    whole = max(1, round(WHOLE_SHARE * size))
    shorts = (starts + [Slot("sample", short)] * size)[: size - whole]
    return [*shorts, *[Slot("longer", 1.0, below=short)] * whole]


def _cut(slots: list[Slot], n: int) -> tuple[Slot, ...]:
    return tuple(slots[:n])


def wholes(settings: SearchSettings) -> float:
    """What the timetable costs in whole trainings, where none is ended early or tried twice."""
    return sum(slot.share for slot in timetable(settings))
