"""GRPO: several answers to a prompt, those above their group's mean reinforced."""

from __future__ import annotations

from trl import GRPOConfig, GRPOTrainer

from trainer.methods.online import online, scored
from trainer.methods.setup import Setup


def build(setup: Setup) -> GRPOTrainer:
    """TRL's GRPO trainer with the plan's rewards."""
    return online(GRPOTrainer, GRPOConfig, setup, reward_funcs=scored(setup))
