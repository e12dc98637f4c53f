"""EVA begins an adapter along the directions in which the data vary (arXiv 2410.07170)."""

from __future__ import annotations

from typing import Any

import torch

from trainer.data.encode import Encoded, encode, prompt, windows
from trainer.data.pairs import judged
from trainer.data.proof import JUDGED
from trainer.data.spread import spread
from trainer.methods.setup import Setup

ROWS = 32
"""Rows that are looked at, all at once: PEFT goes over its batches until the directions stand still, and over one
batch they do so at the second look. Over several small ones it went on for minutes."""


def begin(setup: Setup, model: Any) -> None:
    """Set the adapter's first matrices from the inputs that its layers see on some training rows."""
    from peft import initialize_lora_eva_weights

    initialize_lora_eva_weights(model, [_batch(_rows(setup), setup)], show_progress_bar=False)


def _rows(setup: Setup) -> list[Encoded]:
    plan, most = setup.plan, setup.plan.schedule.max_length
    if plan.data.format == "text":
        return list(windows(setup.train[: 20 * ROWS], setup.ours, most))[:ROWS]
    chosen = spread(setup.train, ROWS)
    if plan.method.method in JUDGED:
        return [judged(e, setup.ours, most).sides()[0] for e in chosen]
    if plan.online:
        return [prompt(e, setup.ours, most) for e in chosen]
    return [encode(e, setup.ours, most) for e in chosen]


def _batch(rows: list[Encoded], setup: Setup) -> dict[str, torch.Tensor]:
    """The rows, padded at their end."""
    pad = setup.ours.id_of(setup.ours.pad or setup.ours.eos) or 0
    device = "cuda" if setup.plan.compute.device == "cuda" else "cpu"
    width = max(len(row.input_ids) for row in rows)
    ids = [row.input_ids + [pad] * (width - len(row.input_ids)) for row in rows]
    mask = [[1] * len(row.input_ids) + [0] * (width - len(row.input_ids)) for row in rows]
    return {"input_ids": torch.tensor(ids, device=device), "attention_mask": torch.tensor(mask, device=device)}
