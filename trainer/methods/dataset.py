"""A run's written rows -> tokenised data sets, with the very code the proof used."""

from __future__ import annotations

from datasets import Dataset

from trainer.data.convert import Example
from trainer.data.encode import Encoded, encode, windows
from trainer.data.pairs import Judged, judged
from trainer.data.tokenizer import ChatTokenizer
from trainer.plan import Plan, Sft
from trainer.rewards.answers import ASKED


def encoded(examples: list[Example], plan: Plan, tokenizer: ChatTokenizer) -> list[Encoded]:
    """Token ids and labels; rows without a trained token are left out (and counted)."""
    if plan.data.format == "text":
        return list(windows(examples, tokenizer, plan.schedule.max_length))
    only = not isinstance(plan.method, Sft) or plan.method.assistant_only_loss
    rows = [encode(e, tokenizer, plan.schedule.max_length, only) for e in examples]
    return [row for row in rows if row.trained]


def answered(examples: list[Example], plan: Plan, tokenizer: ChatTokenizer) -> Dataset:
    """Columns input_ids, labels, length, row: what TRL's SFT trainer takes when preparation is skipped."""
    rows = encoded(examples, plan, tokenizer)
    return Dataset.from_dict(
        {
            "input_ids": [r.input_ids for r in rows],
            "labels": [r.labels for r in rows],
            "length": [len(r.input_ids) for r in rows],
            "row": [r.row for r in rows],
        }
    )


def compared(examples: list[Example], plan: Plan, tokenizer: ChatTokenizer) -> list[Judged]:
    """Preference or KTO rows as ids; rows that lose an answer to the cut are left out."""
    rows = [judged(e, tokenizer, plan.schedule.max_length) for e in examples]
    return [row for row in rows if row.usable]


def prompts(examples: list[Example], tokenizer: ChatTokenizer) -> Dataset:
    """Columns prompt (rendered and plain), reference (the row's own answer), row, and the row's further columns."""
    names = dict.fromkeys(name for e in examples for name, _ in e.columns)
    more = {name: [dict(e.columns).get(name, "") for e in examples] for name in names}
    return Dataset.from_dict(
        {
            **more,
            "prompt": [
                tokenizer.prompt_text([{"role": r, "content": c} for r, c in e.messages[:-1]]) for e in examples
            ],
            "reference": [e.answer for e in examples],
            "row": [e.row for e in examples],
            ASKED: [e.prompt for e in examples],
        }
    )
