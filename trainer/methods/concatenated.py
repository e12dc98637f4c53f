"""Rows for TRL's ORPO and CPO trainers, which want both answers with their prompt and labels."""

from __future__ import annotations

from typing import Any

from datasets import Dataset

from trainer.data.convert import Example
from trainer.methods.dataset import compared
from trainer.methods.setup import Setup


class Tokenised:
    """Mixed into a trainer that tokenises row by row: ours are tokenised already, the columns stay."""

    def tokenize_row(self, feature: dict[str, Any], model: Any = None) -> dict[str, Any]:
        """Nothing is left to do."""
        return {}


def rows(setup: Setup, examples: list[Example]) -> Dataset:
    """Ids, masks and labels of both sides. The three texts are there for TRL's checks alone."""
    columns: dict[str, list[Any]] = {}
    for pair in compared(examples, setup.plan, setup.ours):
        better, worse = pair.sides()
        row: dict[str, Any] = {"prompt": "", "chosen": "", "rejected": "", "prompt_input_ids": pair.prompt_ids}
        row["length"] = max(len(better.input_ids), len(worse.input_ids))
        row["prompt_attention_mask"] = [1] * len(pair.prompt_ids)
        for name, side in (("chosen", better), ("rejected", worse)):
            row[f"{name}_input_ids"], row[f"{name}_labels"] = side.input_ids, side.labels
            row[f"{name}_attention_mask"] = [1] * len(side.input_ids)
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return Dataset.from_dict(columns)
