"""Two sides' answers to the same sealed rows: figures, the gap between them, and some answers next to each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools.desk import ToolResult
from trainer.data.convert import Example
from trainer.data.stored import examples_in
from trainer.errors import UserFacingError
from trainer.evaluation.examination import WRITTEN
from trainer.evaluation.paired import Paired, paired
from trainer.evaluation.scores import NAMES, scored
from trainer.evaluation.sides import Side, check_same, shared
from trainer.evaluation.verdicts import in_unit

SHOWN = 3
"""Rows whose two answers are told."""
LONGEST = 160
"""Letters of a question or an answer that are told."""


@dataclass(frozen=True)
class Beside:
    """Two who answered the same rows."""

    one: Side
    two: Side

    @cached_property
    def rows(self) -> list[tuple[Example, str, str]]:
        """(row, what one wrote, what two wrote), of rows that both answered."""
        check_same(self.one, self.two)
        if self.metric not in WRITTEN:
            raise UserFacingError(
                "was not judged by written answers", self.one.run.id, "Only those are set side by side."
            )
        both = shared(self.one, self.two)
        self.one.run.event("holdout_read", by="comparison")
        rows = [(row, *both[row.row]) for row in examples_in(self.one.run.sealed) if row.row in both]
        if not rows:
            raise UserFacingError(f"{self.one.words} and {self.two.words} answered none of the same rows", "", "")
        return rows

    @property
    def metric(self) -> str:
        """The figure that the first one's run was judged by."""
        return self.one.run.plan().evaluation.metric

    @cached_property
    def gap(self) -> Paired:
        """The first minus the second."""
        return paired(*self._scores)

    @cached_property
    def _scores(self) -> tuple[Any, Any]:
        right = [row.answer for row, _, _ in self.rows]
        one, two = [a for _, a, _ in self.rows], [b for _, _, b in self.rows]
        return scored(self.metric, one, right), scored(self.metric, two, right)

    def words(self) -> str:
        """Figures of both, and what can be said of the gap."""
        told = [in_unit(self.metric, float(scores.mean())) for scores in self._scores]
        lead = (
            f"On the same {len(self.rows):,} sealed rows, {NAMES[self.metric]}: "
            f"{self.one.words} {told[0]}, {self.two.words} {told[1]}"
        )
        low, high = (in_unit(self.metric, abs(end)).removesuffix(" %") for end in (self.gap.gap.low, self.gap.gap.high))
        if self.gap.sure is None:
            needed = f"; about {self.gap.rows_needed:,} rows would show it" if self.gap.rows_needed else ""
            return f"{lead}. No difference that {len(self.rows):,} rows could show{needed}."
        better = self.one if self.gap.sure else self.two
        small, large = (low, high) if self.gap.sure else (high, low)
        return f"{lead}. {better.words[0].upper()}{better.words[1:]} is better by {small} to {large} points, 95 % sure."

    def unlike(self) -> list[dict[str, Any]]:
        """Rows that they answered differently: {row, question, reference, answers}."""
        return [
            {"row": row.row, "question": row.prompt, "reference": row.answer, "answers": [a, b]}
            for row, a, b in self.rows
            if a.strip() != b.strip()
        ]


def beside(one: Side, two: Side) -> ToolResult:
    """Figures and gap in words; some answers as quotes, all that differ as data."""
    found = Beside(one, two)
    unlike = found.unlike()
    quotes = []
    for row in unlike[:SHOWN]:
        quotes.append(f"Row {row['row']}: {row['question'][:LONGEST]}")
        quotes += [f"  {s.words}: {a[:LONGEST]}" for s, a in zip((one, two), row["answers"], strict=True)]
    said = f"{found.words()} They answered {len(unlike):,} of {len(found.rows):,} rows differently."
    data = {"sides": [one.name, two.name], "metric": found.metric, "paired": found.gap.model_dump()}
    return ToolResult(said, data | {"rows": len(found.rows), "unlike": unlike}, quotes="\n".join(quotes))
