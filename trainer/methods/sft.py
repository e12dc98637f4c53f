"""Supervised fine-tuning and continued pretraining."""

from __future__ import annotations

from typing import Any

from trl import SFTConfig, SFTTrainer

from trainer.methods.dataset import answered
from trainer.methods.loss import AnswerLossTrainer
from trainer.methods.setup import Setup
from trainer.plan import AdaLora, Virtual


def build(setup: Setup) -> Any:
    """TRL's SFT trainer over tokenised rows, its loss computed where it counts."""
    # learned tokens, and AdaLoRA's regularisation, come in with the adapter's own forward pass, which ours goes round
    kind = SFTTrainer if isinstance(setup.plan.adapter, Virtual | AdaLora) else AnswerLossTrainer
    return kind(
        args=setup.config(SFTConfig),
        train_dataset=answered(setup.train, setup.plan, setup.ours),
        eval_dataset=answered(setup.val, setup.plan, setup.ours),
        **setup.parts(),
    )
