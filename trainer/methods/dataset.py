"""A run's written rows -> a tokenised data set, with the very code the proof used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset

from trainer.data import tokenizer as tokenizers
from trainer.data.convert import Example
from trainer.data.encode import Encoded, encode, windows
from trainer.plan import Plan, Sft
from trainer.records import read_from


def examples_in(file: Path) -> list[Example]:
    """Rows as they were written by the split."""
    return [_example(row) for row in read_from(file)[0]]


def _example(row: dict[str, Any]) -> Example:
    turns = tuple((m["role"], m["content"]) for m in row.get("messages", []))
    return Example(row["row"], turns, row.get("text", ""))


def encoded(examples: list[Example], plan: Plan, model: Path) -> list[Encoded]:
    """Token ids and labels; rows without a trained token are left out (and counted)."""
    tokenizer = tokenizers.load(str(model))
    if plan.data.format == "text":
        return list(windows(examples, tokenizer, plan.schedule.max_length))
    only = isinstance(plan.method, Sft) and plan.method.assistant_only_loss
    rows = [encode(e, tokenizer, plan.schedule.max_length, only) for e in examples]
    return [row for row in rows if row.trained]


def dataset(rows: list[Encoded]) -> Dataset:
    """What TRL's trainer takes when preparation is skipped."""
    return Dataset.from_dict(
        {
            "input_ids": [r.input_ids for r in rows],
            "labels": [r.labels for r in rows],
        }
    )
