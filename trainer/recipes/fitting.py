"""Whether a plan fits: into memory, into the time given, and into a compiler's warm-up."""

from __future__ import annotations

from typing import Any

from trainer import estimates
from trainer.errors import UserFacingError
from trainer.facts import Facts
from trainer.fields import validated
from trainer.plan import Plan
from trainer.reasons import Reason
from trainer.recipes.evaluation import LOOKS, LOOKS_WRITING
from trainer.wishes import Wishes

COMPILE_MINUTES = 6.0
"""A shorter run does not win back torch.compile's warm-up: 66 s for steps 1.3 times as fast (docs/knowledge.md)."""


def steps_of(document: dict[str, Any], facts: Facts) -> int:
    """Optimizer steps of a plan that is still a document."""
    processes = document["compute"]["num_processes"]
    whole = document["schedule"] | {
        "per_device_train_batch_size": document["schedule"]["per_device_train_batch_size"] * processes
    }
    answers = document["method"].get("num_generations", 1)
    return estimates.steps(whole, document["data"], facts.usable_rows, facts.data, answers)


def roomier(plan: Plan, facts: Facts) -> str:
    """In words what memory the plan lacks; '' when it fits or nothing is known."""
    have = _memory(plan, facts)
    need = estimates.estimates(plan, facts).memory.high
    if have is None or need is None or need <= have:
        return ""
    return f"{need:.1f} GB would be needed and there are {have:g}"


def _memory(plan: Plan, facts: Facts) -> float | None:
    if plan.compute.device != "cuda":
        return facts.machine.memory_gb
    gpus = facts.machine.gpus
    return plan.budget.max_gpu_gb or (gpus[0].memory_gb if gpus else None)


def worth_compiling(plan: Plan, facts: Facts) -> bool:
    """Only a run on a GPU that is known to outlast the warm-up."""
    if plan.compute.device != "cuda":
        return False
    low = estimates.estimates(plan, facts).time.low
    return low is not None and low > COMPILE_MINUTES


def within_time(plan: Plan, reasons: dict[str, Reason], wishes: Wishes, facts: Facts) -> tuple[Plan, dict[str, Reason]]:
    """Fewer epochs until the slow end of the estimate fits the time given. Raises when none is left."""
    hours = plan.budget.max_hours
    if hours is None or wishes.num_train_epochs is not None or wishes.max_steps is not None:
        return plan, reasons
    shorter = estimates.epochs_within(plan, facts, hours * 3600)
    if shorter is None or shorter >= plan.schedule.num_train_epochs:
        return plan, reasons
    if shorter < 0.05:
        raise UserFacingError(
            f"{hours * 60:.0f} minutes are too few even for a twentieth of one epoch",
            "",
            "Give more time, fewer rows (max_samples), or a smaller base model.",
        )
    why = f"as many as fit into {hours * 60:.0f} minutes at the slow end of the estimate"
    reasons = reasons | {"num_train_epochs": Reason(origin="hardware", why=why)}
    return _shorter(plan, shorter, wishes, facts), reasons


def _shorter(plan: Plan, epochs: float, wishes: Wishes, facts: Facts) -> Plan:
    document = plan.model_dump(mode="json")
    document["schedule"]["num_train_epochs"] = epochs
    if wishes.eval_steps is None:
        looks = LOOKS_WRITING if plan.online else LOOKS
        document["evaluation"]["eval_steps"] = max(1, steps_of(document, facts) // looks)
    return validated(document)
