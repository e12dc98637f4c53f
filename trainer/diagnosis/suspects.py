"""Which rows did it: surprise measured in the run, and oddness measured in the file.

A row's surprise is how far its loss lay above the usual of the rows around it in time, in robust deviations (median
and median absolute deviation, so that the outliers sought don't set the measure). A row that stays surprising after
the others were learned contradicts them: late appearances count more. Where a method records no losses, oddness alone
speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.diagnosis.dealt import Step
from trainer.diagnosis.oddities import Odd

Floats = npt.NDArray[np.float64]
AROUND = 256
"""Appearances that the usual is taken from, half before and half after."""
SCALE = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""
SAME = 0.05
"""Nats: losses nearer to each other than this do not differ, however little all others do."""
PLAIN, BEYOND = 10.0, 4.0
"""Deviations up to which a surprise counts as it is; beyond, each time it grows by a factor of e it counts for this
much more. Once the rows are learned, an ordinary mistake lies hundreds of deviations away."""


@dataclass(frozen=True)
class Suspect:
    """One row, why it is suspected, and how strongly."""

    row: int
    step: int
    """Where it surprised most."""
    loss: float | None
    usual: float | None
    """The middle loss of the rows around it then."""
    score: float
    odd: tuple[str, ...] = ()
    """What is unusual about it in the file, in words."""


@dataclass(frozen=True)
class Seen:
    """Appearances of rows in time, each with its loss, the usual one there and its surprise."""

    row: npt.NDArray[np.int64]
    step: npt.NDArray[np.int64]
    loss: Floats
    usual: Floats
    surprise: Floats


def seen(steps: Iterable[Step]) -> Seen:
    """All appearances of rows whose losses are known."""
    known = [(n, s.step, x) for s in steps if s.losses for n, x in zip(s.rows, s.losses, strict=True)]
    rows, at, losses = (np.array([k[i] for k in known]) for i in range(3))
    losses = np.where(np.isfinite(losses.astype(float)), losses.astype(float), 1e6)
    usual, spread = _usual(losses)
    return Seen(rows.astype(np.int64), at.astype(np.int64), losses, usual, (losses - usual) / spread)


def _usual(losses: Floats) -> tuple[Floats, Floats]:
    """Median and robust deviation of the appearances around each one."""
    if not len(losses):
        return losses, losses
    half = AROUND // 2
    middle, spread = np.empty(len(losses)), np.empty(len(losses))
    block = max(1, half // 4)
    for start in range(0, len(losses), block):
        near = losses[max(0, start - half) : start + block + half]
        median = float(np.median(near))
        middle[start : start + block] = median
        deviation = SCALE * float(np.median(np.abs(near - median)))
        spread[start : start + block] = max(deviation, 0.05 * median, SAME)
    return middle, spread


def of_steps(
    steps: Sequence[Step], first: int, last: int, odd: Mapping[int, Sequence[Odd]], most: int = 5
) -> list[Suspect]:
    """The rows of the steps `first` to `last` that stand out most, the strongest first."""
    there = {n: s.step for s in steps if first <= s.step <= last for n in s.rows}
    found = seen(steps)
    worst: dict[int, int] = {}
    for i in np.flatnonzero((found.step >= first) & (found.step <= last)):
        row = int(found.row[i])
        if row not in worst or found.surprise[i] > found.surprise[worst[row]]:
            worst[row] = int(i)
    made = [_suspect(row, step, found, worst.get(row), odd.get(row, ())) for row, step in there.items()]
    return sorted((s for s in made if s.score > 0), key=lambda s: -s.score)[:most]


def of_run(steps: Sequence[Step], odd: Mapping[int, Sequence[Odd]], most: int = 20) -> list[Suspect]:
    """The hardest and most surprising rows of a whole run: likely errors of the data, the strongest first."""
    found = seen(steps)
    last = float(found.step.max()) if len(found.step) else 1.0
    best: dict[int, tuple[float, int]] = {}
    for i in range(len(found.row)):
        row, weight = int(found.row[i]), 0.5 + 0.5 * float(found.step[i]) / last
        score = weight * float(found.surprise[i])
        if row not in best or score > best[row][0]:
            best[row] = (score, i)
    rows = {n: s.step for s in steps for n in s.rows}
    made = [_suspect(n, step, found, best[n][1] if n in best else None, odd.get(n, ())) for n, step in rows.items()]
    return sorted((s for s in made if s.score > 0), key=lambda s: -s.score)[:most]


def _suspect(row: int, step: int, found: Seen, at: int | None, odd: Sequence[Odd]) -> Suspect:
    extra, words = sum(one.weight for one in odd), tuple(one.words for one in odd)
    if at is None:
        return Suspect(row, step, None, None, extra, words)
    score = _worth(float(found.surprise[at])) + extra
    return Suspect(row, int(found.step[at]), float(found.loss[at]), float(found.usual[at]), score, words)


def _worth(surprise: float) -> float:
    """A surprise beside oddities: as it is up to a point, then by its logarithm."""
    return max(0.0, surprise) if surprise <= PLAIN else PLAIN + BEYOND * float(np.log(surprise / PLAIN))
