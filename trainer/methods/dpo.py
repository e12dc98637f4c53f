"""Direct preference optimisation."""

from __future__ import annotations

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from trainer.data.convert import Example
from trainer.methods.dataset import compared
from trainer.methods.setup import Prepared, Setup


class _Trainer(Prepared, DPOTrainer):  # type: ignore[misc]
    """DPO over ids of ours."""


def build(setup: Setup) -> DPOTrainer:
    """TRL's DPO trainer; what the reference model thinks is computed once, before the first step."""
    return _Trainer(
        args=setup.config(DPOConfig),
        train_dataset=_rows(setup, setup.train),
        eval_dataset=_rows(setup, setup.val),
        **setup.parts(),
    )


def _rows(setup: Setup, examples: list[Example]) -> Dataset:
    rows = compared(examples, setup.plan, setup.ours)
    return Dataset.from_dict(
        {
            "prompt_ids": [r.prompt_ids for r in rows],
            "chosen_ids": [r.chosen_ids for r in rows],
            "rejected_ids": [r.rejected_ids for r in rows],
            "length": [len(r.prompt_ids) + max(len(r.chosen_ids), len(r.rejected_ids)) for r in rows],
            "row": [r.row for r in rows],
        }
    )
