"""Which side of a split each row goes to. Rows that say or ask the same go to the same side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from trainer.data.convert import ONE_ANSWER, examples
from trainer.data.repair import steps as s
from trainer.data.repair.cells import at
from trainer.data.repair.items import Held, Item, extras, rank, shown, text_of
from trainer.data.repair.work import Work
from trainer.errors import UserFacingError

DATES = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%d %b %Y")
"""Forms of a date besides ISO 8601; day before month."""
MUCH = 0.3
"""Share of the rows from which near-repeats are not kept on one side."""
Marks = dict[int, str]


def sides(step: s.Split, rows: Held, work: Work) -> tuple[Marks, str]:
    """Row -> train, validation or holdout, and what a person should know about it."""
    if step.how == "time":
        return _by_time(step, rows, work)
    bound = _Bound()
    for members in _alike(rows, work):
        bound.join([("row", n) for n in members])
    column = _column(step, work)

    def key(item: Item) -> str:
        return shown(at(item.value, column or "")) if step.how == "group" else question(item, work)

    for item in rows:
        bound.join([("row", item.row), ("key", key(item))])
    strata: dict[Any, dict[Any, list[int]]] = defaultdict(lambda: defaultdict(list))
    for item in rows:
        stratum = shown(at(item.value, column or "")) if step.how == "stratified" else ""
        strata[stratum][bound.head(("row", item.row))].append(item.row)
    marks: Marks = {}
    for name, groups in strata.items():
        marks |= _drawn(step, list(groups.values()), f"split {name}")
    return marks, _note(step, rows, marks)


def _alike(rows: Held, work: Work) -> list[Sequence[int]]:
    """Groups of repeats. Near-repeats of most rows are the nature of the data: bound together they'd leave no split."""
    groups = work.diagnosis.groups
    near = groups.get("near_duplicates", ())
    if sum(len(members) - 1 for members in near) > MUCH * len(rows):
        near = ()
    return [*groups.get("exact_duplicates", ()), *near]


def _column(step: s.Split, work: Work) -> str | None:
    known = {"stratified": work.shape.roles.get("label"), "group": extras(work.shape).get("group")}
    column = step.column or known.get(step.how)
    if step.how != "random" and column is None:
        raise UserFacingError(f"a {step.how} split needs a column", "split", "Name it: split column=...")
    return column


def question(item: Item, work: Work) -> str:
    """What a row asks: the same question on both sides would be a leak."""
    if work.shape.format in ONE_ANSWER:
        example = next(iter(examples([item.value], work.shape)))
        asked = [content for role, content in example.messages if role == "user"]
        if asked:
            return asked[0].strip().lower()
    return text_of(item, work.shape).strip().lower()


class _Bound:
    """Names that belong together, however long the chain (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[Any, Any] = {}

    def head(self, name: Any) -> Any:
        """The one name that stands for all that are bound to this one."""
        self._parent.setdefault(name, name)
        while self._parent[name] != name:
            self._parent[name] = self._parent[self._parent[name]]
            name = self._parent[name]
        return name

    def join(self, names: list[Any]) -> None:
        """These belong together from now on."""
        first = self.head(names[0])
        for name in names[1:]:
            self._parent[self.head(name)] = first


def _drawn(step: s.Split, groups: list[list[int]], salt: str) -> Marks:
    """Whole groups in random order fill the hold-out, then the validation side, then training."""
    total = sum(map(len, groups))
    room = {"holdout": round(total * step.holdout), "validation": round(total * step.val)}
    marks: Marks = {}
    for members in sorted(groups, key=lambda g: rank(step.seed, salt, min(g))):
        side = next((name for name, free in room.items() if len(members) <= free), "train")
        if side in room:
            room[side] -= len(members)
        marks |= dict.fromkeys(members, side)
    return marks


def _by_time(step: s.Split, rows: Held, work: Work) -> tuple[Marks, str]:
    """The newest rows are held out, those before them validate, the oldest train."""
    column = step.column or extras(work.shape).get("date")
    if column is None:
        raise UserFacingError("a split by time needs a column of dates", "split", "Name it: split column=...")
    dated = [(when, item.row) for item in rows if (when := moment(at(item.value, column))) is not None]
    if not dated:
        raise UserFacingError(f"column {column} holds no dates that I can read", "split", "Name another column.")
    newest = [row for _, row in sorted(dated, reverse=True)]
    held_out, validating = round(len(rows) * step.holdout), round(len(rows) * step.val)
    marks: Marks = dict.fromkeys(rows.numbers, "train")
    marks |= dict.fromkeys(newest[:held_out], "holdout")
    marks |= dict.fromkeys(newest[held_out : held_out + validating], "validation")
    undated = len(rows) - len(dated)
    return marks, _note(step, rows, marks) + (f"; {undated:,} rows without a date train" if undated else "")


def moment(value: Any) -> float | None:
    """Seconds since 1970, or the number itself; None when it is no date."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    try:
        return float(text)
    except ValueError:
        return _parsed(text)


def _parsed(text: str) -> float | None:
    try:
        return _utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    for form in DATES:
        try:
            return _utc(datetime.strptime(text, form))
        except ValueError:
            continue
    return None


def _utc(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _note(step: s.Split, rows: Held, marks: Marks) -> str:
    counts = [f"{sum(mark == side for mark in marks.values()):,} {side}" for side in ("train", "validation", "holdout")]
    return ", ".join(c for c in counts if not c.startswith("0 "))
