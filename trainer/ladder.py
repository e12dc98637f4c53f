"""Out of memory: the next plan that learns the same with less memory, and the lock that holds it to that.

A repair may change how a step is computed, never what is learned. `ALLOWED` is the whole list; the
effective batch must stay. Everything else is a new plan and needs a new approval.
"""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.fields import diff, replace
from trainer.plan import Plan

ALLOWED = frozenset(
    {
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "gradient_checkpointing",
        "activation_offloading",
        "attn_implementation",
        "padding_free",
        "torch_compile",
        "use_liger_kernel",
        "threads",
    }
)
"""Fields that an automatic repair may change, the two batch fields only together."""


def check_scope(old: Plan, new: Plan) -> None:
    """Raise UserFacingError unless the new plan learns the same as the old one."""
    outside = sorted(diff(old, new).keys() - ALLOWED)
    if old.effective_batch_size != new.effective_batch_size:
        outside.append(f"the effective batch ({old.effective_batch_size} -> {new.effective_batch_size})")
    if outside:
        raise UserFacingError(
            f"a repair may not change {', '.join(outside)}", "scope lock", "That is a new plan: show it and ask."
        )


def next_rung(plan: Plan) -> tuple[Plan, str] | None:
    """The next plan after out-of-memory, with its sentence; None at the end of the ladder."""
    for rung in (_smaller_batch, _checkpointing, _offloading):
        found = rung(plan)
        if found is not None:
            new = replace(plan, found[0])
            check_scope(plan, new)
            return new, found[1]
    return None


def _smaller_batch(plan: Plan) -> tuple[dict[str, Any], str] | None:
    """About half the rows at once, in as many more pieces that the step sees the same rows."""
    rows, pieces = plan.schedule.per_device_train_batch_size, plan.schedule.gradient_accumulation_steps
    if rows == 1:
        return None
    fewer = next(n for n in range(rows // 2, 0, -1) if rows * pieces % n == 0)
    more = rows * pieces // fewer
    changes = {"per_device_train_batch_size": fewer, "gradient_accumulation_steps": more}
    return changes, (
        f"batch {rows} x {pieces} became {fewer} x {more}: the same {rows * pieces} rows a step, fewer at once"
    )


def _checkpointing(plan: Plan) -> tuple[dict[str, Any], str] | None:
    if plan.compute.gradient_checkpointing:
        return None
    words = "gradient checkpointing is on: activations are computed twice instead of kept"
    return {"gradient_checkpointing": True}, words


def _offloading(plan: Plan) -> tuple[dict[str, Any], str] | None:
    """Only where there is another memory to go to; online methods have no such option."""
    if plan.compute.activation_offloading or plan.compute.device != "cuda" or plan.online:
        return None
    return {"activation_offloading": True}, "activations wait in the computer's memory instead of the GPU's"


def repaired(plan: Plan, repairs: list[dict[str, Any]]) -> Plan:
    """The approved plan with its recorded repairs. Raises UserFacingError for one outside the lock."""
    for row in repairs:
        new = replace(plan, row["changes"])
        check_scope(plan, new)
        plan = new
    return plan
