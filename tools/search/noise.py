"""Is the gain more than chance? Recipe and best values once more, with another seed.

The repeats train on the very rows of the trials and watch the same ones: only order, dropout and new weights differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.search.seen import Seen

REPEATS = 2
"""Runs of a search that are kept for this: the recipe and the best values."""
LEAST = 8
"""Trials from which on a search can spare them."""


@dataclass(frozen=True)
class Gain:
    """Validation losses of the recipe and of the best values, with the search's seed and with another."""

    recipe: tuple[float, float]
    best: tuple[float, float]

    @property
    def gains(self) -> tuple[float, float]:
        """How far the best lies under the recipe, as shares of the recipe's loss: first seed, second seed."""
        return tuple((r - b) / r for r, b in zip(self.recipe, self.best, strict=True))  # type: ignore[return-value]

    @property
    def holds(self) -> bool:
        """Whether the middle of the two gains is larger than what the seed changes about it.

        The first was picked as the best of many and flatters itself; the second was not, so it must be a gain too.
        """
        first, second = self.gains
        return second > 0 and (first + second) / 2 > abs(first - second)

    def words(self) -> str:
        """One sentence."""
        first, second = (100 * gain for gain in self.gains)
        told = f"With another seed the recipe reached {self.recipe[1]:.4f} and these values {self.best[1]:.4f}"
        if self.holds:
            return f"{told}: the gain held ({first:.1f} % and {second:.1f} %)."
        return f"{told}: a gain of {first:.1f} % that became {second:.1f} % is noise. I would keep the recipe."


def gain_of(plan: Seen, best: Seen, seen: list[Seen]) -> Gain | None:
    """The gain over both seeds; None where a repeat is missing or failed."""
    again = {t.of: t.value for t in seen if t.purpose == "again" and t.state == "complete"}
    first, second = again.get(plan.number), again.get(best.number)
    if not plan.value or best.value is None or first is None or second is None:
        return None
    return Gain((plan.value, first), (best.value, second))
