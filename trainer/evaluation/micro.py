"""A small test of general abilities, our own: is the right completion likelier than each wrong one?

It needs no answer written and no network, so it runs before and after every tuning. Fifty items can't rank models; they
can show that something was lost. Scores are paired by item.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from trainer.data.convert import Example
from trainer.evaluation.paired import paired
from trainer.metrics import proportion

TOPICS = {
    "facts": "general facts",
    "sums": "sums",
    "language": "grammar and words",
    "following": "doing as told",
    "refusing": "refusing what does harm",
}


class Item(BaseModel):
    """One question with the right completion and wrong ones."""

    model_config = ConfigDict(frozen=True)

    topic: str
    prompt: str
    right: str
    wrong: tuple[str, ...]


@cache
def items() -> tuple[Item, ...]:
    """All items."""
    lines = Path(__file__).with_suffix(".jsonl").read_text("utf-8").splitlines()
    return tuple(Item(**json.loads(line)) for line in lines)


def examples(chat: bool) -> list[Example]:
    """Every completion as a row whose loss is to be told, the right one of each item first; numbered from 0."""
    told = [(item.prompt, text) for item in items() for text in (item.right, *item.wrong)]
    if not chat:
        return [Example(i, (), f"{prompt} {text}") for i, (prompt, text) in enumerate(told)]
    return [Example(i, (("user", prompt), ("assistant", text))) for i, (prompt, text) in enumerate(told)]


def right(losses: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """1 for each item whose right completion has the least loss a token."""
    out, at = [], 0
    for item in items():
        mine = losses[at : at + 1 + len(item.wrong)]
        out.append(float(mine[0] < min(mine[1:])))
        at += len(mine)
    return np.array(out)


def card(before: Sequence[float], after: Sequence[float]) -> dict[str, Any]:
    """Shares of right items, untrained and tuned, in all and by topic; `worse`: topics lost beyond chance.

    The interval of a gap over a topic's 8 to 14 items is wide: a topic is said to be lost only where it leaves 0 out.
    """
    base, tuned = right(before), right(after)
    topics = np.array([item.topic for item in items()])
    parts = {name: _part(base[topics == name], tuned[topics == name]) for name in TOPICS}
    whole = _part(base, tuned)
    chance = float(np.mean([1 / (1 + len(item.wrong)) for item in items()]))
    return whole | {
        "topics": parts,
        "chance": round(chance, 4),
        "knew": whole["base"]["low"] > chance,
        "worse": [name for name, part in parts.items() if part["gap"]["high"] < 0],
    }


def _part(base: Any, tuned: Any) -> dict[str, Any]:
    found = paired(tuned, base)
    return {
        "items": len(base),
        "base": proportion(base).model_dump(),
        "tuned": proportion(tuned).model_dump(),
        "gap": found.gap.model_dump(),
    }
