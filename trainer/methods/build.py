"""The trainer of a plan: one small module a method."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from trainer.methods.setup import Setup
from trainer.plan import Lora

MODULES = {
    "sft": "sft",
    "cpt": "sft",
    "dpo": "dpo",
    "kto": "kto",
    "orpo": "orpo",
    "cpo": "cpo",
    "reward_modeling": "reward",
    "grpo": "grpo",
    "rloo": "rloo",
    "distillation": "distillation",
}
"""Method -> module. Imported when it is needed: each brings seconds of TRL with it."""


def trainer_for(setup: Setup) -> Any:
    """The very trainer of a run; the probe measures it too."""
    trainer = import_module(f"trainer.methods.{MODULES[setup.plan.method.method]}").build(setup)
    if isinstance(setup.plan.adapter, Lora) and setup.plan.adapter.init_lora_weights == "eva":
        from trainer.methods import eva

        eva.begin(setup, trainer.model)
    return trainer
