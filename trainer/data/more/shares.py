"""How many new rows each class gets."""

from __future__ import annotations

from collections import Counter
from statistics import median_low

from trainer.errors import UserFacingError


def rare(labels: Counter[str], fill_to: int | None = None) -> dict[str, int]:
    """Classes with fewer rows than `fill_to` (by default than the middle class) -> rows. Raises UserFacingError."""
    if not labels:
        raise UserFacingError("there is no label column, so no class is rare", "", "Name it: label_column=...")
    level = fill_to or median_low(labels.values())
    found = {label: n for label, n in labels.items() if n < level}
    if not found:
        least = min(labels.values())
        raise UserFacingError(
            f"no class is rarer than the others: each has {least:,} rows or more",
            "",
            f"Say: fill to {2 * least:,} rows.",
        )
    return found


def shares(labels: Counter[str], rows: int, fill_to: int | None = None) -> dict[str, int]:
    """Label -> new rows, `rows` at most in all: the rarest class is filled first, up to the next one, and so on."""
    have = rare(labels, fill_to)
    wanted = dict.fromkeys(have, 0)
    for _ in range(rows):
        label = min(have, key=lambda name: have[name] + wanted[name])
        if fill_to is not None and have[label] + wanted[label] >= fill_to:
            break
        wanted[label] += 1
    return {label: n for label, n in wanted.items() if n}
