"""From a search's values to the plan of a training: tied fields follow, the share of the steps is set."""

from __future__ import annotations

import re
from typing import Any

from tools.orders import SearchSettings
from tools.search.kinds import placed
from tools.search.space import WHOLE
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, nearest, replace
from trainer.plan import Plan

_TIE = re.compile(r"\s*(?:([\d.]+)\s*\*\s*)?([a-z_]+)\s*")
LOOKS = 8
"""Looks at the validation loss in a whole training; a shorter one has at least FEWEST."""
FEWEST = 4


def tie(expression: str) -> tuple[float, str]:
    """`2*lora_r` -> (2.0, 'lora_r'). Raises UserFacingError."""
    match = _TIE.fullmatch(expression)
    if not match or match[2] not in SECTION_OF:
        known = nearest(match[2], list(SECTION_OF)) if match else "Write field or number*field, such as 2*lora_r."
        raise UserFacingError(f"I can't read what a field should follow: {expression!r}", "tied", known)
    return float(match[1] or 1), match[2]


def checked_ties(tied: dict[str, str], space: dict[str, Any], plan: Plan) -> dict[str, str]:
    """Ties whose both ends this plan has. Raises UserFacingError for one that is searched itself, or unreadable."""
    for name, expression in tied.items():
        _, other = tie(expression)
        if name in space:
            raise UserFacingError(f"{name} can't be searched and follow {other} too", "tied", "Choose one of the two.")
        for field in (name, other):
            if field not in plan.leaves():
                raise UserFacingError(f"this plan has no {field}", "tied", "Leave the tie out.")
    return tied


def with_values(own: Plan, values: dict[str, Any], settings: SearchSettings) -> Plan:
    """The plan with a search's values; what is tied to them follows."""
    plan = replace(placed(own, values, settings), values)
    for name, expression in settings.tied.items():
        factor, other = tie(expression)
        if not {name, other} <= plan.leaves().keys():
            continue  # a kind of training that lacks them
        value = factor * plan.leaves()[other]
        plan = replace(plan, {name: round(value) if name in WHOLE else value})
    return plan


def trial_plan(own: Plan, values: dict[str, Any], settings: SearchSettings, share: float, seed: int) -> Plan:
    """The plan of one training. Raises UserFacingError where values don't fit together."""
    plan = replace(with_values(own, values, settings), {"seed": seed})
    return _shared(_looked_at_alike(plan, own, share), share)


def _looked_at_alike(plan: Plan, own: Plan, share: float) -> Plan:
    """A look after the same share of the data, whatever the batch: else small batches seem hopeless."""
    rows = own.evaluation.eval_steps * own.effective_batch_size
    every = rows / plan.effective_batch_size * min(1.0, share * LOOKS / max(FEWEST, round(share * LOOKS)))
    return replace(plan, {"eval_steps": max(1, round(every))})


def _shared(plan: Plan, share: float) -> Plan:
    """The same plan over a share of its steps: its schedule ends there too."""
    if share == 1.0:
        return plan
    changes: dict[str, Any] = {"num_train_epochs": plan.schedule.num_train_epochs * share}
    if plan.schedule.max_steps > 0:
        changes["max_steps"] = max(1, round(plan.schedule.max_steps * share))
    if plan.optimisation.warmup_steps:
        changes["warmup_steps"] = round(plan.optimisation.warmup_steps * share)
    return replace(plan, changes)
