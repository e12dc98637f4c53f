"""Reward modelling: a number for an answer, higher for the better of two."""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from transformers import set_seed
from trl import RewardConfig, RewardTrainer

from trainer.data.convert import Example
from trainer.methods.dataset import compared
from trainer.methods.setup import Setup


def build(setup: Setup) -> RewardTrainer:
    """TRL's reward trainer on the base model with a new head of one output."""
    set_seed(setup.plan.schedule.seed)  # the head begins at random
    trainer = RewardTrainer(
        args=setup.config(RewardConfig),
        train_dataset=_rows(setup, setup.train),
        eval_dataset=_rows(setup, setup.val),
        **setup.parts("reward"),
    )
    _wide_head(trainer.model)
    return trainer


def _wide_head(model: Any) -> None:
    """The new head in fp32: beside quantised weights TRL narrows all that is trained, and the head meets wide rows."""
    for name, weight in model.named_parameters():
        if weight.requires_grad and ".score." in name:
            weight.data = weight.data.float()


def _rows(setup: Setup, examples: list[Example]) -> Dataset:
    rows = compared(examples, setup.plan, setup.ours)
    return Dataset.from_dict(
        {
            "chosen_ids": [r.prompt_ids + r.chosen_ids for r in rows],
            "rejected_ids": [r.prompt_ids + r.rejected_ids for r in rows],
            "length": [len(r.prompt_ids) + max(len(r.chosen_ids), len(r.rejected_ids)) for r in rows],
            "row": [r.row for r in rows],
        }
    )
