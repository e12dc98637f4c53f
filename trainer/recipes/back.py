"""From a plan back to the wishes that lead to one like it: for plans that come from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.plan import Distillation, Plan, Reward
from trainer.wishes import Wishes

_ROLES = ("prompt", "completion", "messages", "label", "text", "chosen", "rejected")
_REWARD = {
    "pattern": "reward_pattern",
    "json_schema": "reward_schema",
    "file": "reward_file",
    "min_length": "reward_min_length",
    "max_length": "reward_max_length",
    "judge_model": "judge_model",
    "rubric": "rubric",
}


def wishes_of(plan: Plan) -> Wishes:
    """Goal, data, models, method, adapter, rewards and what is mixed in; numbers are left to the recipes."""
    rewards: tuple[Reward, ...] = getattr(plan.method, "rewards", ())
    said: dict[str, Any] = {
        "goal": plan.goal,
        "task": plan.task,
        "dataset_path": str(Path(plan.data.dataset_path)),
        "base_model": plan.base_model,
        "method": plan.method.method,
        "loss_type": getattr(plan.method, "loss_type", None),
        "tuning": plan.adapter.tuning,
        "quantization": _quantized(plan),
        "retention_path": plan.data.retention_path,
        "teacher_model": plan.method.teacher_model if isinstance(plan.method, Distillation) else None,
        "reward": [r.kind for r in rewards] or None,
    }
    said |= {f"{role}_column": column for role, column in plan.data.roles.items() if role in _ROLES}
    for reward in rewards:
        said |= {wish: value for field, wish in _REWARD.items() if (value := getattr(reward, field)) is not None}
    return Wishes(**{name: value for name, value in said.items() if value is not None})


def _quantized(plan: Plan) -> str | None:
    held = getattr(plan.adapter, "quantization", "none")
    return None if held == "none" else str(held)
