"""Robust statistics on short, noisy, unevenly logged curves. Pure numpy, no plan knowledge."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MAD_TO_SIGMA = 1.4826  # of a normal distribution
_LEVEL_ROWS = 9  # wide enough to outvote a spike of four rows, narrow enough to follow a fall
_NOISE_FLOOR = 0.01  # of the level: smoother than any mini-batch loss


def clean(values: Floats) -> Floats:
    """Only the finite values."""
    return values[np.isfinite(values)]


def median(values: Floats, default: float = float("nan")) -> float:
    """Median of the finite values."""
    good = clean(values)
    return float(np.median(good)) if len(good) else default


def noise(values: Floats) -> float:
    """Row-to-row standard deviation, from first differences, so that a trend does not count."""
    good = clean(values)
    if len(good) < 3:
        return 0.0
    steps = np.diff(good)
    return float(_MAD_TO_SIGMA * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2.0))


def head(values: Floats, share: float = 0.05, least: int = 2) -> float:
    """Mean of the first finite values: at least `least`, at most `share` of them."""
    good = clean(values)
    count = max(least, int(len(good) * share))
    return float(np.mean(good[:count])) if len(good) else float("nan")


def tail(values: Floats, share: float = 0.2, least: int = 3) -> float:
    """Median of the last finite values."""
    good = clean(values)
    return median(good[-max(least, int(len(good) * share)) :])


def level_before(values: Floats, width: int = _LEVEL_ROWS) -> Floats:
    """For each row the median of up to `width` rows before it; NaN where fewer than three."""
    if not len(values):
        return values
    padded = np.concatenate([np.full(width, np.nan), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[: len(values)]
    enough = np.isfinite(windows).sum(axis=1) >= 3
    levels = np.full(len(values), np.nan)
    if enough.any():
        levels[enough] = np.nanmedian(windows[enough], axis=1)
    return levels


def smooth(values: Floats, width: int = 5) -> Floats:
    """Centred running median; shorter at the ends."""
    if not len(values):
        return values
    half = width // 2
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    result = np.full(len(values), np.nan)
    some = np.isfinite(windows).any(axis=1)
    if some.any():
        result[some] = np.nanmedian(windows[some], axis=1)
    return result


def trend(x: Floats, y: Floats) -> tuple[float, float]:
    """Least-squares slope of y over x and the share of variance it explains (0 to 1)."""
    if len(x) < 3 or np.ptp(x) == 0:
        return 0.0, 0.0
    dx, dy = x - x.mean(), y - y.mean()
    slope = float((dx * dy).sum() / (dx * dx).sum())
    total = float((dy * dy).sum())
    return slope, 0.0 if total == 0 else float(slope * (dx * dy).sum() / total)


def correlation(a: Floats, b: Floats) -> float:
    """Pearson correlation; 0 if either does not vary."""
    da, db = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((da * da).sum() * (db * db).sum()))
    return float((da * db).sum() / scale) if scale > 0 else 0.0


def spread(values: Floats) -> float:
    """Distance from the 5th to the 95th percentile."""
    low, high = np.percentile(values, [5, 95])
    return float(high - low)


@dataclass(frozen=True)
class Period:
    """A repeating pattern: its length in rows and how well it repeats (autocorrelation)."""

    rows: int
    strength: float
    strength_twice: float


def periodicity(values: Floats) -> Period | None:
    """The first repeating period of a detrended curve: the autocorrelation's first peak.

    Looks at periods of at least 3 rows that fit into the curve at least four times.
    """
    count = len(values)
    longest = count // 4
    if count < 24 or longest < 4 or np.ptp(values) == 0:
        return None
    centred = values - values.mean()
    full = np.correlate(centred, centred, mode="full")[count - 1 :]
    lags = np.arange(count)
    auto = full / full[0] * count / np.maximum(1, count - lags)
    below = np.flatnonzero(auto[: longest + 1] < 0.1)
    if not len(below):
        return None
    start = max(3, int(below[0]))
    if start >= longest:
        return None
    if auto[start : longest + 1].max() <= 0:
        return None
    near = np.flatnonzero(auto[start : longest + 1] >= 0.85 * auto[start : longest + 1].max())
    ends = np.flatnonzero(np.diff(near) > 1)  # the first run of high lags is the first period
    first = near[: int(ends[0]) + 1] if len(ends) else near
    best = start + int(first[np.argmax(auto[start + first])])
    around = auto[2 * best - 1 : 2 * best + 2]
    return Period(best, float(auto[best]), float(around.max()))


@dataclass(frozen=True)
class Spike:
    """A rise of the loss over its level, from its first high row to its return."""

    start: int
    peak: int
    end: int
    """Row at which the loss is back; the number of rows if it never is."""
    level: float
    height: float
    """Peak over level, in units of the loss."""
    rows_high: int
    """Rows after the peak that still keep more than a quarter of the height."""


def find_spikes(values: Floats, sigmas: float = 6.0, share: float = 0.25) -> list[Spike]:
    """Rises over the running level by `sigmas` of noise and by `share` of the level.

    The level is frozen while a spike lasts, so that a slow recovery does not lift it.
    """
    levels = level_before(values)
    # Mini-batch noise grows with the loss, so early rows are noisier than the median one.
    usual = max(1e-9, abs(median(values, 1.0)))
    sigmas_at = noise(values) * np.maximum(1.0, np.nan_to_num(np.abs(levels)) / usual)
    spikes: list[Spike] = []
    row = 0
    while row < len(values):
        level, sigma = levels[row], float(sigmas_at[row])
        least = max(sigmas * sigma, share * abs(level), 1e-6)
        if not np.isfinite(values[row]) or not np.isfinite(level) or values[row] < level + least:
            row += 1
            continue
        spike = _follow(values, row, float(level), sigma)
        spikes.append(spike)
        row = max(spike.end, row + 1)
    return spikes


def _follow(values: Floats, row: int, level: float, sigma: float) -> Spike:
    """From a row over the level: back to its start and on to its peak and return."""
    start = row
    while start > 0 and values[start - 1] > level + max(3 * sigma, _NOISE_FLOOR * level):
        start -= 1
    end = row
    top = row
    while end < len(values):
        if np.isfinite(values[end]) and values[end] > values[top]:
            top = end
        height = values[top] - level
        if np.isfinite(values[end]) and values[end] <= level + max(3 * sigma, 0.15 * height):
            break
        end += 1
    height = float(values[top] - level)
    after = values[top + 1 : end]
    high = int((after > level + 0.25 * height).sum())
    return Spike(start, top, end, level, height, high)
