"""Disk: checkpoints, the final weights, the divided data."""

from __future__ import annotations

from trainer.estimates.memory import states_bytes
from trainer.estimates.ranges import Range
from trainer.estimates.trainable import trainable
from trainer.facts import Facts
from trainer.plan import Plan

KEPT = 4
"""Checkpoints on the disk at once: two, the best one, and one that is written before the oldest goes."""


def saved_bytes(plan: Plan, facts: Facts) -> float:
    """The weights that are written: all, or the adapter's."""
    return 4.0 * (facts.model.params if plan.whole_model else trainable(plan, facts.model))


def checkpoint_bytes(plan: Plan, facts: Facts) -> float:
    """Saved weights and the optimizer's states."""
    return saved_bytes(plan, facts) + states_bytes(plan.optimisation.optim) * trainable(plan, facts.model)


def disk(plan: Plan, facts: Facts) -> Range:
    """Everything a run's folder holds at its largest."""
    parts = {
        "checkpoints": KEPT * checkpoint_bytes(plan, facts),
        "final weights": saved_bytes(plan, facts),
        "data": 1.2 * facts.data.bytes,
        "tokenizer and records": 5e5 * (KEPT + 1),
    }
    whole = sum(parts.values()) / 1e9
    return Range(
        low=round(0.01 + whole, 2),
        high=round(0.05 + 1.2 * whole, 2),
        unit="GB",
        basis="formula",
        why="checkpoints with optimizer states, the final weights, the split data",
        terms={name: round(size / 1e9, 3) for name, size in parts.items()},
    )
