"""What a trial would take before it is begun: memory, and the numbers that it moves."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from tools.orders import SearchSettings
from tools.search.plans import with_values
from tools.search.seen import Choice
from trainer import base_models
from trainer.errors import UserFacingError
from trainer.estimates import estimates, trainable
from trainer.facts import Facts
from trainer.plan import Plan
from trainer.proposal import Proposal, survey


class Room:
    """The memory that trials of a search may take."""

    def __init__(self, made: Proposal, settings: SearchSettings) -> None:
        self.made, self.settings = made, settings

    @cached_property
    def _facts(self) -> Facts:
        return survey(Path(self.made.plan.data.dataset_path), self.made.wishes).facts

    def refused(self, choice: Choice) -> str:
        """Why this trial is not begun: even the low end of its estimate is over what was allowed; '' where it is."""
        if self.settings.max_gb is None:
            return ""
        try:
            need = estimates(with_values(self.made.plan, choice.values, self.settings), self._facts).memory
        except UserFacingError:
            return ""  # values that don't fit together: the training itself says so
        if need.low is None or need.low <= self.settings.max_gb:
            return ""
        return f"not begun: it needs at least {need.low:.1f} GB, and {self.settings.max_gb:g} were allowed"


def trained_numbers(plan: Plan) -> int | None:
    """Numbers that a training moves; None where the model is not known here."""
    try:
        return trainable(plan, base_models.resolve(plan.base_model))
    except (UserFacingError, OSError, ValueError):
        return None
