"""The text rules: a quick gate over all rows at once, an exact look at the few that pass."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from trainer.data.content import CHECKS, control_tokens
from trainer.data.content.check import Check
from trainer.data.doctor.batch import Batch, cells
from trainer.data.doctor.diagnosis import Found
from trainer.data.doctor.series import series

ANSWERS_ONLY = {"refusals"}
"""Rules about what the model would learn to say."""


class OfCheck:
    """One check over all rows."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.rows = array("Q")
        self.kinds: Counter[str] = Counter()
        self.columns: Counter[str] = Counter()

    def look(self, batch: Batch, positions: Iterable[int]) -> None:
        """The rows that passed the gate."""
        for i in positions:
            places = _answer(batch, i) if self.check.rule in ANSWERS_ONLY else cells(batch.rows[i])
            hits = [(column, span) for column, text in places for span in self.check.find(text)]
            if hits:
                self.rows.append(batch.first + i)
                self.kinds.update(span.kind for _, span in hits)
                self.columns.update({column for column, _ in hits})

    def found(self) -> list[Found]:
        """The rows, with how many spans of which kind in which columns."""
        if not self.rows:
            return []
        facts = {
            "hits": self.kinds.total(),
            "kinds": ", ".join(f"{kind} {n:,}" for kind, n in self.kinds.most_common(4)),
            "columns": ", ".join(name for name, _ in self.columns.most_common(4)),
        }
        return [Found(self.check.rule, len(self.rows), self.rows, facts)]


def _answer(batch: Batch, i: int) -> list[tuple[str, str]]:
    """The answer alone; without examples (preference pairs, unclear roles) every text."""
    if not batch.examples:
        return list(cells(batch.rows[i]))
    example = batch.examples[i]
    return [] if example.fault else [("answer", c) for role, c in example.messages if role == "assistant"]


class Texts:
    """All checks. `special` are the chosen model's own control tokens."""

    def __init__(self, special: Sequence[str] = ()) -> None:
        kept = [c for c in CHECKS if not (special and c.rule == "control_tokens")]
        self._of = [OfCheck(c) for c in [*kept, *([control_tokens(special)] if special else [])]]

    def see(self, batch: Batch) -> None:
        """Every cell of every row, columns without a role too: what is in a file can be spread with it."""
        column = series(batch.texts)
        for one in self._of:
            passed = column.str.contains(one.check.gate).arg_true().to_list()
            if passed:
                one.look(batch, passed)

    def found(self) -> list[Found]:
        """What stands in the texts."""
        return [f for one in self._of for f in one.found()]
