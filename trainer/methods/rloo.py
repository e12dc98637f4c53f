"""RLOO: each answer against the mean of the others to the same prompt."""

from __future__ import annotations

from trl import RLOOConfig, RLOOTrainer

from trainer.methods.online import online, scored
from trainer.methods.setup import Setup


def build(setup: Setup) -> RLOOTrainer:
    """TRL's RLOO trainer with the plan's rewards."""
    return online(RLOOTrainer, RLOOConfig, setup, reward_funcs=scored(setup))
