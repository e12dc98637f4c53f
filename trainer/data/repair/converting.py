"""Rows in another format, and the shape they have then. No text of a row may get lost on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trainer.data.convert import TRAINABLE, Example, examples
from trainer.data.formats import Shape
from trainer.data.reading import Row
from trainer.data.repair.cells import at, top_column
from trainer.data.repair.items import Item, changed
from trainer.data.repair.work import Work

ROLES: dict[str, dict[str, str]] = {
    "messages": {"messages": "messages"},
    "prompt_completion": {"prompt": "prompt", "completion": "completion"},
    "text": {"text": "text"},
    "preference": {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"},
}
"""Role -> column of each format."""
FAULTS = {
    "empty": "its question or answer is empty",
    "unknown_role": "a turn is by nobody known",
    "no_answer": "it has no answer",
    "broken_text": "it holds broken characters",
}


def shape_after(step: Any, shape: Shape) -> Shape:
    """The shape of converted or grouped rows."""
    target = "messages" if step.op == "group" else step.target
    return replace(shape, format=target, roles=dict(ROLES[target]), question=None)


def convert_one(item: Item, target: str, work: Work) -> tuple[Item | None, str]:
    """The row in the target format, or None and why it can't be written so."""
    example, reason = _example(item, target, work)
    if example is None:
        return None, reason
    made = _WRITERS[target](example) if isinstance(example, Example) else example
    if made is None:
        return None, "it has several turns, which only conversations can hold"
    used = {top_column(item.value, c) for c in work.shape.roles.values()}
    others = {k: v for k, v in item.value.items() if k not in used and k not in made}
    value = made | others
    for column in made:
        before = {k: v for k, v in item.value.items() if k in used}
        work.tally.differs(item.row, column, before, made[column], work.mask)
    return changed(item, value, frozenset(made) | {u for u in used if u}), ""


def _example(item: Item, target: str, work: Work) -> tuple[Example | Row | None, str]:
    """The row as an example (or, for pairs of answers, as the row itself)."""
    if target == "preference":
        roles = {r: c for r, c in work.shape.roles.items() if r in ROLES["preference"]}
        if not {"chosen", "rejected"} <= roles.keys():
            return None, "it has no preferred and rejected answer"
        return {r: at(item.value, c) for r, c in roles.items()}, ""
    if work.shape.format not in TRAINABLE:
        return None, f"rows in the format {work.shape.format} can't be rewritten so"
    example = next(iter(examples([item.value], work.shape)))
    return (None, FAULTS.get(example.fault, example.fault)) if example.fault else (example, "")


def _messages(example: Example) -> Row | None:
    return example.trl() if example.messages else None


def _pair(example: Example) -> Row | None:
    turns = [turn for turn in example.messages if turn[0] != "system"]
    if len(turns) != 2:
        return None
    system = [content for role, content in example.messages if role == "system"]
    return {"prompt": "\n\n".join([*system, turns[0][1]]), "completion": turns[1][1]}


def _text(example: Example) -> Row | None:
    return {"text": example.text or "\n\n".join(content for _, content in example.messages)}


_WRITERS = {"messages": _messages, "prompt_completion": _pair, "text": _text}
