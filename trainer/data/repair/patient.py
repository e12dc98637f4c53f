"""A source that was looked at, with what was found: what recipes are made for and applied to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.doctor.watch import Watch
from trainer.data.formats import Shape
from trainer.data.repair.pipeline import Outcome, apply
from trainer.data.repair.propose import Advice, advise
from trainer.data.repair.steps import Recipe
from trainer.data.sources.source import Row, Source
from trainer.errors import UserFacingError

BY_FINDINGS = ("deduplicate", "drop", "review", "strip_boilerplate")
"""Steps that need to know every row."""

RUNNING_TEXT = ("text", "txt", "md", "pdf")
"""Kinds of sources whose rows are passages one after the other."""


@dataclass(frozen=True)
class Patient:
    """Row numbers of the diagnosis are those of the source."""

    source: Source
    shape: Shape
    diagnosis: Diagnosis
    fingerprint: str
    """SHA-256 of the source, or over those of all files that are merged."""

    rows: int | None = None
    """Rows of the source, where they were counted."""
    tokens: tuple[str, ...] = ()
    """Special tokens of the chosen model."""
    whole: bool = True
    """Whether every row was looked at; of a file of gigabytes only a sample was."""

    def apply(self, recipe: Recipe, sink: Callable[[Row], None] | None = None, watch: Watch | None = None) -> Outcome:
        """Every row through every step (see `pipeline.apply`)."""
        if not self.whole and (needing := [step.op for step in recipe.steps if step.op in BY_FINDINGS]):
            raise UserFacingError(
                f"is too large for {needing[0].replace('_', ' ')}: only a sample of it was looked at",
                self.source.path.name,
                "Take rows from it first: --step 'sample rows=200000'.",
            )
        return apply(self.source, self.shape, recipe, self.diagnosis, sink, watch, self.tokens)

    @property
    def advice(self) -> Advice:
        """The doctor's own recipe and offers."""
        return advise(self.diagnosis, self.rows, self.source.kind in RUNNING_TEXT)
