"""Single messages joined into conversations: by thread, by silence, by who speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from trainer.data.chats import conversations
from trainer.data.reading import Row
from trainer.data.repair import steps as s
from trainer.data.repair.cells import at
from trainer.data.repair.items import Item, extras, shown
from trainer.data.repair.work import Work
from trainer.errors import UserFacingError


def group(step: s.Group, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Conversations of the messages that belong together. Holds all rows."""
    rows = {item.row: item for item in items}
    work.tally.rows_in += len(rows)
    by = step.by or extras(work.shape).get("group")
    used: set[int] = set()
    made_rows = lost = 0
    for numbers, made in _made(step, rows.values(), by, work):
        members = [rows[n] for n in numbers]
        if not made["messages"]:
            continue
        used |= set(numbers)
        made_rows += 1
        lost += _lost(members, made, step, work)
        value = made | ({by: members[0].value.get(by)} if by and by not in made else {})
        _told(members, value, work)
        sources = tuple(n for m in members for n in m.from_rows)
        yield replace(members[0], value=value, from_rows=sources, origin=None, touched=frozenset(value), names=())
    for number in rows.keys() - used:
        work.tally.aside(rows[number])
    work.tally.joined, work.tally.added = max(0, len(used) - made_rows), max(0, made_rows - len(used))
    work.tally.note = f"{lost:,} messages have no place in a conversation" if lost else ""


def _made(step: s.Group, rows: Iterable[Item], by: str | None, work: Work) -> Iterator[tuple[list[int], Row]]:
    numbered = [(item.row, item.value) for item in rows]
    found = extras(work.shape)
    if work.shape.format == "chat_log":
        from trainer.data.chatlog import log_rows

        turns = log_rows(numbered)
        return conversations(turns, "thread", "time", "speaker", "text", _ours(step), step.gap_minutes)
    order, speaker = step.order or found.get("date"), step.speaker or found.get("speaker")
    if speaker is None:
        raise UserFacingError("which column says who speaks is not known", "group", "Name it: group speaker=...")
    text = _text_column(step, work)
    return conversations(numbered, by, order, speaker, text, _ours(step), step.gap_minutes)


def _text_column(step: s.Group, work: Work) -> str:
    roles = work.shape.roles
    column = step.text or roles.get("text") or roles.get("prompt") or roles.get("completion")
    if column is None:
        raise UserFacingError("which column holds the messages is not known", "group", "Name it: group text=...")
    return column


def _ours(step: s.Group) -> set[str] | None:
    if step.ours is None:
        return None
    return {step.ours} if isinstance(step.ours, str) else set(step.ours)


def _lost(members: list[Item], made: Row, step: s.Group, work: Work) -> int:
    """Messages whose text stands in no turn (notices, or what nobody said)."""
    if work.shape.format == "chat_log":
        return 0  # lines are parsed: time and name are no part of what was said
    said = "\n".join(turn["content"] for turn in made["messages"])
    column = _text_column(step, work)
    return sum(shown(at(m.value, column)) not in said for m in members)


def _told(members: list[Item], value: Row, work: Work) -> None:
    before: Any = members[0].value if len(members) == 1 else [m.value for m in members[:4]]
    work.tally.differs(members[0].row, "messages", before, value["messages"], work.mask)
