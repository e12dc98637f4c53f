"""CPO: contrastive preference optimisation, and SimPO by its loss type."""

from __future__ import annotations

from trl.experimental.cpo import CPOConfig, CPOTrainer

from trainer.methods.concatenated import Tokenised, rows
from trainer.methods.setup import Setup


class _Trainer(Tokenised, CPOTrainer):  # type: ignore[misc]
    """CPO over ids of ours."""


def build(setup: Setup) -> CPOTrainer:
    """TRL's CPO trainer (experimental there)."""
    return _Trainer(
        args=setup.config(CPOConfig),
        train_dataset=rows(setup, setup.train),
        eval_dataset=rows(setup, setup.val),
        **setup.parts(),
    )
