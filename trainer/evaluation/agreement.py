"""How far raters agree beyond chance: Cohen's kappa for two, Fleiss' for more, weighted for scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import cohen_kappa_score

WORDS = (
    (0.0, "less than by chance"),
    (0.2, "slight"),
    (0.4, "fair"),
    (0.6, "moderate"),
    (0.8, "substantial"),
    (1.01, "almost perfect"),
)
"""Upper ends of Landis and Koch's bands (Biometrics 33, 1977)."""


def cohen(one: Sequence[object], other: Sequence[object], weighted: bool = False) -> float | None:
    """Cohen's kappa (1960) of two raters on the same items; `weighted`: by squared distance, for scales.

    None where both gave one and the same value throughout: chance can't be told from agreement.
    """
    seen = sorted({*one, *other}, key=str)
    if len(one) == 0 or len(seen) < 2:
        return None
    known = list(range(1, 6)) if weighted else seen
    return float(cohen_kappa_score(list(one), list(other), labels=known, weights="quadratic" if weighted else None))


def fleiss(items: Sequence[Sequence[object]]) -> float | None:
    """Fleiss' kappa (1971). items: the values that the raters gave to each item, as many for every item.

    None where all values are the same, or items have fewer than two. Raises ValueError for uneven items.
    """
    raters = {len(item) for item in items}
    if len(raters) > 1:
        raise ValueError("Fleiss' kappa needs as many ratings for every item")
    count = raters.pop() if raters else 0
    values = sorted({value for item in items for value in item}, key=str)
    if count < 2 or len(values) < 2:
        return None
    table = np.array([[sum(v == value for v in item) for value in values] for item in items], dtype=float)
    agreed = ((table**2).sum(axis=1) - count) / (count * (count - 1))
    shares = table.sum(axis=0) / table.sum()
    chance = float((shares**2).sum())
    return float((agreed.mean() - chance) / (1 - chance))


def band(kappa: float) -> str:
    """The usual word for a kappa."""
    return next(word for end, word in WORDS if kappa < end)
