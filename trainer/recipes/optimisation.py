"""The section `optimisation` of a plan: how the weights move."""

from __future__ import annotations

from typing import Any

from trainer.plan import Optimisation
from trainer.reasons import Reason
from trainer.recipes.draft import Draft
from trainer.recipes.rates import rate_for


def section(draft: Draft) -> dict[str, Any]:
    """Every value of the section."""
    return {leaf: _SPECIAL[leaf](draft) if leaf in _SPECIAL else draft.setting(leaf) for leaf in _LEAVES}


_LEAVES = tuple(Optimisation.model_fields)


def _rate(draft: Draft) -> Any:
    rate, why = rate_for(draft.case.method, draft.case.tuning, draft.facts.model.params)
    return draft.ledger.choose("learning_rate", rate, why)


def _scheduler(draft: Draft) -> Any:
    """A constant rate has no warm-up; whoever asks for one means the constant rate after it."""
    warm = draft.said("warmup_ratio") or draft.said("warmup_steps")
    if warm and draft.said("lr_scheduler_type") is None and draft.case.method in ("grpo", "rloo"):
        why = Reason(origin="user", why="you named a warm-up; after it the rate is constant")
        return draft.fixed("lr_scheduler_type", "constant_with_warmup", why)
    return draft.setting("lr_scheduler_type")


def _warm_share(draft: Draft) -> Any:
    if draft.said("warmup_steps") is not None and draft.said("warmup_ratio") is None:
        return draft.fixed("warmup_ratio", 0.0, Reason(origin="user", why="you named the steps"))
    return draft.setting("warmup_ratio")


def _warm_steps(draft: Draft) -> Any:
    return draft.ledger.choose("warmup_steps", None, Reason(origin="default", why="by ratio"))


_SPECIAL: dict[str, Any] = {
    "learning_rate": _rate,
    "lr_scheduler_type": _scheduler,
    "warmup_ratio": _warm_share,
    "warmup_steps": _warm_steps,
}
