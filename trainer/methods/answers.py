"""Writing answers and measuring losses with a loaded model, in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from trainer.data.encode import IGNORE, Encoded

BATCH = 64
PEAK_LOGITS = 30_000_000
"""Logits held at once; a large vocabulary makes the batches smaller."""


@torch.no_grad()
def write(
    model: Any,
    tokenizer: Any,
    prompts: list[str],
    max_new_tokens: int,
    temperature: float | None = None,
    tick: Callable[[int], None] | None = None,
    ended: list[bool] | None = None,
) -> list[str]:
    """Greedy answers (or sampled, with a temperature) to prompts that are rendered already.

    `ended` is filled with whether each came to an end of its own, before `max_new_tokens`.
    """
    tokenizer.padding_side = "left"
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    answers = [""] * len(prompts)
    stopped = [False] * len(prompts)
    how: dict[str, Any] = {"do_sample": False} if not temperature else {"do_sample": True, "temperature": temperature}
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        batch = tokenizer(
            [prompts[i] for i in chosen],
            return_tensors="pt",
            padding=True,
            add_special_tokens=False,
        ).to(model.device)
        batch.pop("token_type_ids", None)
        out = model.generate(
            **batch,
            max_new_tokens=max_new_tokens,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            **how,
        )
        texts = tokenizer.batch_decode(out[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        written = out[:, batch["input_ids"].shape[1] :]
        ends = tokenizer.eos_token_id
        whole = [False] * len(texts) if ends is None else (written == ends).any(dim=1).tolist()
        for i, text, done in zip(chosen, texts, whole, strict=True):
            answers[i], stopped[i] = text, done or written.shape[1] < max_new_tokens
        if tick:
            tick(min(start + BATCH, len(order)))
    if ended is not None:
        ended[:] = stopped
    return answers


@torch.no_grad()
def losses(model: Any, rows: list[Encoded], pad: int) -> tuple[list[float], list[int]]:
    """Mean loss of the trained tokens of each row, and how many there are."""
    vocab = model.config.vocab_size
    out: list[tuple[float, int]] = [(0.0, 0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].input_ids))
    while order:
        longest = len(rows[order[-1]].input_ids)
        size = max(1, min(32, PEAK_LOGITS // (longest * vocab)))
        chosen, order = order[-size:], order[:-size]
        for i, pair in zip(chosen, _batch(model, [rows[i] for i in chosen], pad), strict=True):
            out[i] = pair
    return [loss for loss, _ in out], [count for _, count in out]


def _batch(model: Any, rows: list[Encoded], pad: int) -> list[tuple[float, int]]:
    width = max(len(r.input_ids) for r in rows)
    ids = torch.tensor([r.input_ids + [pad] * (width - len(r.input_ids)) for r in rows])
    labels = torch.tensor([r.labels + [IGNORE] * (width - len(r.labels)) for r in rows])
    mask = torch.tensor([[1] * len(r.input_ids) + [0] * (width - len(r.input_ids)) for r in rows])
    device = model.device
    logits = model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False).logits
    logits = logits[:, -width:-1]  # learned tokens before the prompt have logits too
    wanted = labels[:, 1:].to(device)
    each = cross_entropy(logits.float().transpose(1, 2), wanted, ignore_index=IGNORE, reduction="none")
    counts = (wanted != IGNORE).sum(1)
    means = each.sum(1) / counts.clamp(min=1)
    return list(zip(means.tolist(), counts.tolist(), strict=True))
