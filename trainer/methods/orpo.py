"""ORPO: answers and preference in one loss, without a reference model."""

from __future__ import annotations

from trl.experimental.orpo import ORPOConfig, ORPOTrainer

from trainer.methods.concatenated import Tokenised, rows
from trainer.methods.setup import Setup


class _Trainer(Tokenised, ORPOTrainer):  # type: ignore[misc]
    """ORPO over ids of ours."""


def build(setup: Setup) -> ORPOTrainer:
    """TRL's ORPO trainer (experimental there)."""
    return _Trainer(
        args=setup.config(ORPOConfig),
        train_dataset=rows(setup, setup.train),
        eval_dataset=rows(setup, setup.val),
        **setup.parts(),
    )
