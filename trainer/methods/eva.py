"""EVA begins an adapter along the directions in which the data vary (arXiv 2410.07170)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from trainer.data.encode import Encoded, encode, prompt, windows
from trainer.data.pairs import judged
from trainer.data.proof import JUDGED
from trainer.data.spread import spread
from trainer.methods.setup import Setup

ROWS = 64
"""Rows that are looked at: the directions settle after a few hundred tokens."""
BATCH = 4


def begin(setup: Setup, model: Any) -> None:
    """Set the adapter's first matrices from the inputs that its layers see on some training rows."""
    from peft import initialize_lora_eva_weights

    batches = list(_batches(_rows(setup), setup))
    initialize_lora_eva_weights(model, batches, show_progress_bar=False)


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


def _batches(rows: list[Encoded], setup: Setup) -> Iterator[dict[str, torch.Tensor]]:
    """Padded batches of one size; a last smaller one would change the rank that can be found."""
    pad = setup.ours.id_of(setup.ours.pad or setup.ours.eos) or 0
    device = "cuda" if setup.plan.compute.device == "cuda" else "cpu"
    for start in range(0, len(rows) - BATCH + 1, BATCH):
        ids = [row.input_ids for row in rows[start : start + BATCH]]
        width = max(map(len, ids))
        yield {
            "input_ids": torch.tensor([row + [pad] * (width - len(row)) for row in ids], device=device),
            "attention_mask": torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in ids], device=device),
        }
