"""The loss of many positions, a chunk of them at a time.

Logits are the largest thing a small model holds: a number a position and a word of the vocabulary, several times
over. Here a chunk's gradients are taken as soon as its loss is known and its logits are let go, so that one chunk is
held at a time and nothing is computed twice (the way of Liger's fused linear cross-entropy, arXiv 2410.10989).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from trainer.estimates.memory import CHUNK

LOGITS = CHUNK
"""Logits held at once, as memory is estimated: 0.27 GB in fp32, each copy of them."""


class Sums(NamedTuple):
    """Sums over the positions: negative log-likelihood (with its gradient), entropy, right guesses."""

    loss: torch.Tensor
    entropy: torch.Tensor
    right: torch.Tensor
    each: torch.Tensor
    """Negative log-likelihood of each position, without its gradient."""


def answer_loss(head: torch.nn.Module, words: int, hidden: torch.Tensor, wanted: torch.Tensor) -> Sums:
    """`hidden` (positions, width) through the LM head over `words` tokens, against the ids `wanted` (positions,)."""
    size = max(1, LOGITS // words)
    if not torch.is_grad_enabled():
        return Sums(*_summed(head, hidden, wanted, size, None))
    moved = [p for p in head.parameters() if p.requires_grad]
    return Sums(*_Chunked.apply(head, wanted, size, hidden, *moved))  # type: ignore[no-untyped-call]


def _summed(head: Any, hidden: torch.Tensor, wanted: torch.Tensor, size: int, moved: Any) -> list[torch.Tensor]:
    """The sums; `moved`, where given, is called with each chunk's loss and its hidden states."""
    sums = [torch.zeros((), device=hidden.device) for _ in range(3)]
    each: list[torch.Tensor] = []
    for part, ids in zip(torch.split(hidden, size), torch.split(wanted, size), strict=True):
        near = part.detach().requires_grad_(moved is not None)
        log_probs = head(near).float().log_softmax(-1)
        unlikely = -log_probs.gather(-1, ids[:, None])[:, 0]
        each.append(unlikely.detach())
        loss = unlikely.sum()
        if moved is not None:
            moved(loss, near)
        known = log_probs.detach()
        found = (loss.detach(), -torch.linalg.vecdot(known.exp(), known).sum(), (known.argmax(-1) == ids).sum())
        sums = [a + b for a, b in zip(sums, found, strict=True)]
    return [*sums, torch.cat(each)]


class _Chunked(torch.autograd.Function):
    """Gradients of the summed loss, taken on the way forward and scaled on the way back."""

    @staticmethod
    def forward(ctx: Any, head: Any, wanted: Any, size: int, hidden: torch.Tensor, *moved: torch.Tensor) -> Any:
        slopes: list[torch.Tensor] = []
        totals: list[torch.Tensor] = [torch.zeros_like(p) for p in moved]

        def take(loss: torch.Tensor, near: torch.Tensor) -> None:
            slope, *rest = torch.autograd.grad(loss, (near, *moved))
            slopes.append(slope)
            for total, one in zip(totals, rest, strict=True):
                total.add_(one)

        with torch.enable_grad():
            sums = _summed(head, hidden, wanted, size, take)
        ctx.save_for_backward(torch.cat(slopes) if slopes else torch.zeros_like(hidden), *totals)
        ctx.mark_non_differentiable(*sums[1:])
        return tuple(sums)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor, *_: Any) -> Any:
        near, *moved = ctx.saved_tensors
        return None, None, None, near * slope, *(one * slope for one in moved)
