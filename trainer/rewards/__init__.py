"""Verifiable rewards for GRPO and RLOO: what scores a written answer, 0 to 1. One small module a kind."""

from __future__ import annotations

from trainer.rewards.build import RewardFunction, check, functions, names, weights
from trainer.rewards.custom import fingerprint, shown
from trainer.rewards.preflight import preflight
from trainer.rewards.tally import Tally

__all__ = ["RewardFunction", "Tally", "check", "fingerprint", "functions", "names", "preflight", "shown", "weights"]
