"""Pairs of a preferred and a rejected answer: equal, swapped, or told apart by length alone."""

from __future__ import annotations

from array import array

from trainer.data.content import CHECKS
from trainer.data.convert import as_text
from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found

BIASED = 0.75
"""Share of pairs whose preferred answer is the longer one, from which length alone explains them."""
FEWEST = 20
_REFUSALS = next(check for check in CHECKS if check.rule == "refusals")


def refuses(answer: str) -> bool:
    """Whether an answer declines instead of answering."""
    return bool(_REFUSALS.find(answer))


class Preferences:
    """What is odd about preference pairs."""

    def __init__(self) -> None:
        self._pairs = 0
        self._longer = 0
        self._equal = array("Q")
        self._swapped = array("Q")
        self._seen: dict[int, int] = {}

    def see(self, batch: Batch) -> None:
        """Rows with two sides."""
        roles = batch.shape.roles
        if batch.shape.format != "preference":
            return
        for number, row in zip(batch.numbers, batch.rows, strict=True):
            chosen, rejected = as_text(row.get(roles["chosen"])), as_text(row.get(roles["rejected"]))
            self._pair(number, chosen.strip(), rejected.strip())

    def _pair(self, number: int, chosen: str, rejected: str) -> None:
        self._pairs += 1
        self._longer += len(chosen) > len(rejected)
        there, back = hash((chosen, rejected)), hash((rejected, chosen))
        if chosen == rejected:
            self._equal.append(number)
        elif back in self._seen:
            self._swapped.extend([self._seen[back], number])
        elif rejected and (not chosen or (refuses(chosen) and not refuses(rejected))):
            self._swapped.append(number)
        self._seen.setdefault(there, number)

    def found(self) -> list[Found]:
        """Equal sides, sides that look swapped, a length that gives the answer away."""
        out = []
        for rule, rows in (("pref_equal", self._equal), ("pref_swapped", self._swapped)):
            if rows:
                out.append(Found(rule, len(set(rows)), sorted(set(rows))))
        longer = self._longer / max(1, self._pairs - len(self._equal))
        if self._pairs >= FEWEST and not 1 - BIASED < longer < BIASED:
            side = "longer" if longer > 0.5 else "shorter"
            facts = {"side": side, "share": f"{100 * max(longer, 1 - longer):.0f}"}
            out.append(Found("pref_length_bias", self._pairs, (), facts))
        return out
