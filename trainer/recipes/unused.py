"""Wishes that the chosen method or adapter has no use for: said, instead of dropped without a word."""

from __future__ import annotations

from trainer.facts import DataFinding
from trainer.fields import SECTION_OF
from trainer.plan import Plan
from trainer.wishes import Wishes

_FOR = {
    "reward": ("grpo", "rloo"),
    "reward_pattern": ("grpo", "rloo"),
    "reward_schema": ("grpo", "rloo"),
    "reward_file": ("grpo", "rloo"),
    "reward_min_length": ("grpo", "rloo"),
    "reward_max_length": ("grpo", "rloo"),
    "judge_model": ("grpo", "rloo"),
    "rubric": ("grpo", "rloo"),
    "teacher_model": ("distillation",),
}
"""Wishes that are no leaf of a plan -> the methods they are for."""


def findings(wishes: Wishes, plan: Plan) -> list[DataFinding]:
    """One note a wish that changes nothing in this plan."""
    leaves, method = plan.leaves(), plan.method.method
    found = []
    for name in wishes.said():
        section = SECTION_OF.get(name)
        if name in _FOR and method not in _FOR[name]:
            found.append(_note(name, f"is for {' and '.join(_FOR[name])}, and this is {method}"))
        elif section == "method" and name not in leaves:
            found.append(_note(name, f"is no value of {method}"))
        elif section == "adapter" and name not in leaves and name != "quantization":
            found.append(_note(name, f"is no value of {plan.adapter.tuning}"))
    return found


def _note(name: str, why: str) -> DataFinding:
    return DataFinding(
        rule="wish_unused", severity="info", count=1, advice=f"You named {name}: it {why}, so it isn't used."
    )
