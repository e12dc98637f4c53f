"""What the processes of one job decide together. Every function is the plain thing where there is one process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
from torch import distributed

from trainer.backends import ranks

T = TypeVar("T")
PATIENCE = timedelta(hours=2)
"""How long one process waits for the others: checkpoints of large models are slow to write."""


def several() -> bool:
    """Whether other processes train along."""
    return ranks.world() > 1 and distributed.is_available() and distributed.is_initialized()


@cache
def _side_channel() -> Any:
    """A group on the processor: a decision must not wait for the GPU's queue."""
    return distributed.new_group(backend="gloo", timeout=PATIENCE)


def agree(reason: str | None) -> str | None:
    """The reason to stop that any process has, the same for all, at the same step; call it in all of them."""
    if not several():
        return reason
    if not either(reason is not None):
        return None
    reasons: list[str | None] = [None] * ranks.world()
    distributed.all_gather_object(reasons, reason, group=_side_channel())
    found = [r for r in reasons if r is not None]
    return "nan" if "nan" in found else found[0]


def either(found: bool) -> bool:
    """Whether any process has found it; call it in all of them."""
    if not several():
        return found
    some = torch.tensor(int(found))
    distributed.all_reduce(some, distributed.ReduceOp.MAX, group=_side_channel())
    return bool(some.item())


def from_main(work: Callable[[], T]) -> T:
    """What the first process finds, given to all."""
    if not several():
        return work()
    box: list[Any] = [work() if ranks.is_main() else None]
    distributed.broadcast_object_list(box, src=0, group=_side_channel())
    return box[0]  # type: ignore[no-any-return]


def wait() -> None:
    """Go on when all are here."""
    if several():
        distributed.barrier(group=_side_channel())
