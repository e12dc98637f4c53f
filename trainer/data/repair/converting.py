"""Rows in another format, and the shape they have then. What has no place in the new format is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from trainer.data.convert import converted
from trainer.data.formats import Shape
from trainer.data.reading import Row
from trainer.data.repair import steps as s
from trainer.data.repair.cells import cells, top_column
from trainer.data.repair.items import Item, changed, extras
from trainer.data.repair.work import Work

ROLES: dict[str, dict[str, str]] = {
    "messages": {"messages": "messages"},
    "prompt_completion": {"prompt": "prompt", "completion": "completion"},
    "text": {"text": "text"},
    "preference": {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"},
}
"""Role -> column of each format."""
OWN = ("split", "weight")
"""Columns that steps have added; they stay."""


def shape_after(step: Any, shape: Shape) -> Shape:
    """The shape of converted or grouped rows."""
    target = "messages" if step.op == "group" else step.target
    tools = {"tools": "tools"} if step.op == "convert" and "tools" in shape.roles and target != "text" else {}
    return replace(shape, format=target, roles=ROLES[target] | tools, question=None)


def convert(step: s.Convert, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Each row in another format, with its id, date and the like beside it."""
    behind: set[str] = set()
    lost = 0
    for item in items:
        work.tally.rows_in += 1
        made = converted(item.value, work.shape, step.target)
        if made is None:
            work.tally.aside(item)
            continue
        used = {top for c in work.shape.roles.values() if (top := top_column(item.value, c))}
        lost += not _all_there(item.value, used, made, work.shape)
        behind |= item.value.keys() - used - made.keys() - set(_kept_columns(item.value, work.shape))
        yield _converted(item, made, used, work)
    work.tally.note = _note(work.tally.set_aside, lost, behind)


def _converted(item: Item, made: Row, used: set[str], work: Work) -> Item:
    kept = {c: item.value[c] for c in _kept_columns(item.value, work.shape) if c not in made and c not in used}
    value = made | kept
    if value == item.value:
        return item
    before = {c: v for c, v in item.value.items() if c in used}
    for column, new in made.items():
        work.tally.differs(item.row, column, before, new, work.mask)
    return changed(item, value, frozenset(made) | (item.value.keys() - kept.keys()))


def _kept_columns(row: Row, shape: Shape) -> list[str]:
    return [c for c in row if c in OWN or c in extras(shape).values()]


def _all_there(row: Row, used: set[str], made: Row, shape: Shape) -> bool:
    """Whether every text of the row stands in the new one; tools are parsed, so they are not compared."""
    new = [text for _, text in cells(made, made)]
    columns = [c for c in used if c != shape.roles.get("tools")]
    return all(any(text in n for n in new) for path, text in cells(row, columns) if path[-1] != "weight")


def _note(aside: int, lost: int, behind: set[str]) -> str:
    notes = []
    if aside:
        notes.append(f"{aside:,} rows can't be written so")
    if lost:
        notes.append(f"in {lost:,} rows some text has no place in this format")
    if behind:
        notes.append(f"without the columns {', '.join(sorted(behind))}")
    return "; ".join(notes)
