"""Rows for TRL's ORPO and CPO trainers, which want both answers with their prompt and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasets import Dataset

from trainer.data.convert import Example
from trainer.methods.dataset import compared
from trainer.methods.setup import Setup

if TYPE_CHECKING:
    from trl.experimental.cpo import CPOTrainer as _Compared
else:
    _Compared = object


class Tokenised(_Compared):  # type: ignore[misc]
    """Mixed into a trainer that tokenises row by row: ours are tokenised already, the columns stay."""

    def tokenize_row(self, feature: dict[str, Any], model: Any = None) -> dict[str, Any]:
        """Nothing is left to do."""
        return {}

    def concatenated_forward(self, model: Any, batch: Any) -> Any:
        """TRL's, with logits for the rows alone: tokens learned before each row (prompt tuning) have some too."""

        def of_the_rows(ids: Any, **named: Any) -> Any:
            found = model(ids, **named)
            found.logits = found.logits[:, -ids.shape[1] :]
            return found

        return super().concatenated_forward(of_the_rows, batch)


def rows(setup: Setup, examples: list[Example]) -> Dataset:
    """Ids, masks and labels of both sides. The three texts are there for TRL's checks alone."""
    columns: dict[str, list[Any]] = {}
    for pair in compared(examples, setup.plan, setup.ours):
        better, worse = pair.sides()
        row: dict[str, Any] = {"prompt": "", "chosen": "", "rejected": "", "prompt_input_ids": pair.prompt_ids}
        row["row"] = pair.row
        row["length"] = max(len(better.input_ids), len(worse.input_ids))
        row["prompt_attention_mask"] = [1] * len(pair.prompt_ids)
        for name, side in (("chosen", better), ("rejected", worse)):
            row[f"{name}_input_ids"], row[f"{name}_labels"] = side.input_ids, side.labels
            row[f"{name}_attention_mask"] = [1] * len(side.input_ids)
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return Dataset.from_dict(columns)
