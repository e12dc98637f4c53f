"""How the rows are cut and divided: lengths and shares, from the rows themselves."""

from __future__ import annotations

from itertools import pairwise

from trainer.facts import Lengths
from trainer.reasons import Reason


def length_for(p99: int, longest: int, context: int) -> tuple[int, Reason]:
    """As long as the longest row, unless a few giants would set it."""
    wanted = longest if longest <= max(2 * p99, 512) else p99
    value = max(16, min(context, -(-wanted // 64) * 64))
    if value >= longest:
        why = f"the longest row has {longest} tokens; nothing is cut"
    else:
        why = f"99 % of rows have at most {p99} tokens, the longest {longest}; the model's limit is {context}"
    return value, Reason(origin="data", why=why)


def val_fraction(rows: int) -> tuple[float, Reason]:
    """5 % to watch the loss on, 10 to 300 rows."""
    wanted = min(300, max(10, round(0.05 * rows)))
    value = round(min(0.2, wanted / max(rows, 1)), 4)
    why = f"about {round(value * rows)} rows whose loss is watched in training"
    return value, Reason(origin="recipe", why=why, source="axolotl examples: 1 to 5 %")


def holdout_fraction(rows: int) -> tuple[float, Reason]:
    """10 % kept sealed: 300 answers give a standard error of 3 points, 1,000 of 1.6."""
    value = 0.2 if rows < 200 else 0.1
    kept = min(1000, round(value * rows))
    why = f"{kept} rows that training never sees, to judge the result by"
    return value, Reason(origin="recipe", why=why, source="arXiv 2411.00640: 1,000 rows show 3 points")


def padding_share(lengths: Lengths, batch: int) -> float:
    """Share of padding (0 to 1) when `batch` random rows are padded to their longest.

    The mean over the expected longest of `batch` rows, taken from the known percentiles joined by straight lines.
    """
    if batch < 2 or lengths.max <= 0:
        return 0.0
    known = [(0.0, 0.0), (0.5, lengths.p50), (0.95, lengths.p95), (0.99, lengths.p99), (1.0, lengths.max)]
    steps = 200
    points = [((i + 0.5) / steps) ** (1 / batch) for i in range(steps)]
    longest = sum(_between(known, at) for at in points) / steps
    return max(0.0, 1 - lengths.mean / longest) if longest > 0 else 0.0


def _between(known: list[tuple[float, float]], at: float) -> float:
    for (left, low), (right, high) in pairwise(known):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return known[-1][1]
