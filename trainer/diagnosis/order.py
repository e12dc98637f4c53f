"""The order of the data seen in the curve: the same shape every epoch, or every megabatch."""

from itertools import pairwise

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import Floats, History
from trainer.diagnosis.schedule import lr_resets
from trainer.diagnosis.stats import Period, correlation, median, periodicity, smooth, spread

_PHASES = 24  # points at which epochs are compared
_MOST_EPOCHS = 30
_LEAST_ROWS = 7  # logged rows an epoch needs to have a shape
_AMPLITUDE = 0.12  # of the level; a shuffled epoch's drift stays below 5 %
_HINTED_AMPLITUDE = 0.07  # when the plan says that rows are not shuffled
_DOUBTFUL_AMPLITUDE = 0.18  # two epochs only, or a plan that shuffles
_ALIKE = 0.75  # correlation of neighbouring epochs
_REPEATS, _REPEATS_TWICE = 0.5, 0.25  # autocorrelation at the period and at its double
_KICK = 2.5  # times the median gradient norm


def data_order_sawtooth(history: History) -> Finding | None:
    """Periodic pattern: the same shape every epoch, or every length megabatch."""
    if not history.is_supervised or len(history.loss) < 16 or _kicks(history):
        return None
    return _per_epoch(history) or _per_megabatch(history)


def _kicks(history: History) -> bool:
    """Whether large gradients go with the high losses: spikes, not hard rows in turn."""
    both = np.isfinite(history.loss) & np.isfinite(history.grad_norm)
    loss, norm = history.loss[both], history.grad_norm[both]
    skip = len(loss) // 10  # gradients and losses are large at first in any run
    if len(loss) - skip < 12:
        return False
    loss, norm = loss[skip:], norm[skip:]
    high = loss >= np.percentile(loss, 92)
    return median(norm[high]) > _KICK * median(norm)


def epoch_profiles(history: History) -> list[Floats]:
    """The loss of each full epoch over its phase; of the first only what follows the early fall."""
    per_epoch = history.steps_per_epoch
    steps, loss = history.train.finite("loss")
    if per_epoch is None or per_epoch / history.logging_steps < _LEAST_ROWS or len(steps) < 8:
        return []
    middle = steps - history.logging_steps / 2  # a row is the mean over its window
    count = min(_MOST_EPOCHS, int(history.last_step / per_epoch + 0.02))
    curve = smooth(loss, 3)
    phases = (np.arange(_PHASES) + 0.5) / _PHASES
    first = 1 if count >= 3 else 0
    return [np.interp((k + phases) * per_epoch, middle, curve) for k in range(first, count)]


def _per_epoch(history: History) -> Finding | None:
    profiles = epoch_profiles(history)
    if len(profiles) < 2:
        return None
    if history.last_step < 2.9 * (history.steps_per_epoch or 1.0):
        profiles = [p[_PHASES // 4 :] for p in profiles]  # the first epoch's fall is no shape
    alike, sizes = _likeness(profiles)
    hinted = history.flag("shuffle") is False
    doubtful = len(profiles) < 3 or history.flag("shuffle") is True
    least = _HINTED_AMPLITUDE if hinted else _DOUBTFUL_AMPLITUDE if doubtful else _AMPLITUDE
    if sizes < least or alike < _ALIKE:
        return None
    evidence = [
        proof("swing within an epoch, as a share of the loss", sizes, "below 0.05"),
        proof("likeness of neighbouring epochs (correlation)", alike),
    ]
    signs = [
        Sign("the same shape in every epoch", True, 2.0),
        Sign("a swing far over the drift", sizes > _AMPLITUDE),
        Sign("data that is not shuffled", hinted if "shuffle" in history.plan else None),
    ]
    return build(
        "data_order_sawtooth",
        signs=signs,
        evidence=evidence,
        onset=1.0,
        fix={"shuffle": True} if hinted else {},
    )


def _likeness(profiles: list[Floats]) -> tuple[float, float]:
    """Correlation of neighbouring epochs, and the smallest swing as a share of the loss.

    Both with and without the drift from epoch to epoch: a steady fall looks alike in every epoch
    until the drift is taken off, a stair only afterwards.
    """
    drift = float(np.mean(profiles[-1]) - np.mean(profiles[0])) / (len(profiles) - 1)
    ramp = drift * np.linspace(-0.5, 0.5, len(profiles[0]))
    alike, sizes = 1.0, float("inf")
    for shapes in (profiles, [p - ramp for p in profiles]):
        pairs = [correlation(a, b) for a, b in pairwise(shapes)]
        alike = min(alike, float(np.median(pairs)))
        sizes = min(sizes, *(spread(p) / max(1e-9, float(np.mean(p))) for p in shapes))
    return alike, sizes


def _per_megabatch(history: History) -> Finding | None:
    _, loss = history.train.finite("loss")
    if len(loss) < 24 or lr_resets(history):
        return None
    grouped = history.flag("group_by_length")
    period, size = _short_period(loss)
    if period is None or size < _AMPLITUDE:
        return None
    need = _REPEATS * (0.8 if grouped else 1.1)
    if period.strength < need or period.strength_twice < _REPEATS_TWICE:
        return None
    if not _throughout(loss, period.rows):
        return None
    length = period.rows * history.logging_steps
    evidence = [
        proof("period in steps", length),
        proof("likeness of one period to the next (autocorrelation)", period.strength),
        proof("swing, as a share of the loss", size, "below 0.05"),
    ]
    signs = [
        Sign("a pattern that repeats", True, 2.0),
        Sign("no jumps of the learning rate with it", True),
        Sign("rows grouped by length", grouped),
    ]
    return build(
        "data_order_sawtooth",
        signs=signs,
        evidence=evidence,
        onset=1.0,
        fix={"group_by_length": False} if grouped else {},
        fix_code="disable_group_by_length" if grouped else None,
    )


def _throughout(loss: Floats, rows: int) -> bool:
    """Whether the pattern is there from the first half to the second, and as large."""
    curve = loss[len(loss) // 10 :]
    halves = np.array_split(curve, 2)
    swings = [spread(h - smooth(h, 2 * rows + 1)) for h in halves]
    again = [correlation(h[rows:], h[:-rows]) for h in halves if len(h) > rows + 4]
    return len(again) == 2 and min(again) > 0.3 and min(swings) > 0.5 * max(swings)


def _short_period(loss: Floats) -> tuple[Period | None, float]:
    """The period of the curve around its slow trend, and its swing as a share of the level."""
    skip = len(loss) // 10
    curve = loss[skip:]
    width = max(9, len(curve) // 4) | 1
    kernel = np.ones(width)
    weight = np.convolve(np.ones(len(curve)), kernel, mode="same")
    rest = curve - np.convolve(curve, kernel, mode="same") / weight
    return periodicity(rest), spread(rest) / max(1e-9, abs(median(curve)))
