"""Learning from answers that are marked good or bad."""

from __future__ import annotations

import random

from datasets import Dataset
from trl import KTOConfig, KTOTrainer

from trainer.data.convert import Example
from trainer.methods.dataset import compared
from trainer.methods.setup import Prepared, Setup


class _Trainer(Prepared, KTOTrainer):  # type: ignore[misc]
    """KTO over ids of ours."""


def build(setup: Setup) -> KTOTrainer:
    """TRL's KTO trainer."""
    return _Trainer(
        args=setup.config(KTOConfig),
        train_dataset=_rows(setup, setup.train),
        eval_dataset=_rows(setup, setup.val),
        **setup.parts(),
    )


def _rows(setup: Setup, examples: list[Example]) -> Dataset:
    """Rows shuffled once, each with another row's answer: how far the model has moved is told by mismatched pairs.

    TRL turns answers round within a batch and reads rows in order; here they are shuffled first, so that good and
    bad answers do not come in blocks.
    """
    rows = compared(examples, setup.plan, setup.ours)
    random.Random(setup.plan.schedule.seed).shuffle(rows)
    size = setup.plan.schedule.per_device_train_batch_size
    batches = [rows[i : i + size] for i in range(0, len(rows), size)]
    other = [answer for b in batches for answer in [b[-1].chosen_ids, *(r.chosen_ids for r in b[:-1])]]
    return Dataset.from_dict(
        {
            "prompt_ids": [r.prompt_ids for r in rows],
            "completion_ids": [r.chosen_ids for r in rows],
            "KL_completion_ids": other,
            "label": [bool(r.good) for r in rows],
            "row": [r.row for r in rows],
        }
    )
