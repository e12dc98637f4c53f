"""Numbered rows on their way through the steps, and what each step did to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from trainer.data.formats import Shape
from trainer.data.reading import Row

DIFFS = 3
"""Before/after samples kept a step."""
ROWS_KEPT = 10
"""Row numbers kept a step, of those set aside."""
SHOWN_CHARS = 160


@dataclass(frozen=True, slots=True)
class Item:
    """A row with its number in the source, and what may differ from the source."""

    row: int
    value: Row
    from_rows: tuple[int, ...]
    synthetic: bool = False
    origin: Row | None = None
    """The row as it was read; None where several rows became one."""
    touched: frozenset[str] = frozenset()
    """Columns that a step has changed and counted; all others must be as they were read."""
    names: tuple[tuple[str, str], ...] = ()
    """(new name, old name) of renamed columns."""


class Diff(BaseModel):
    """One cell before and after a step; private values are masked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    column: str
    before: str
    after: str


class StepCount(BaseModel):
    """What one step did: rows_in + added = rows_out + set_aside + joined."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: str
    sentence: str
    rows_in: int
    rows_out: int
    changed: int
    """Cells whose content is another one now."""
    set_aside: int = 0
    joined: int = 0
    """Rows that became part of another row (group)."""
    added: int = 0
    """Rows that came in beside those of the step before (merge, upsample)."""
    rows: tuple[int, ...] = ()
    """Up to 10 of the rows set aside, by their number in the source."""
    diffs: tuple[Diff, ...] = ()
    note: str = ""

    @property
    def adds_up(self) -> bool:
        """Whether no row came or went uncounted."""
        return self.rows_in + self.added == self.rows_out + self.set_aside + self.joined


@dataclass
class Tally:
    """A step's counts while it runs."""

    rows_in: int = 0
    rows_out: int = 0
    changed: int = 0
    set_aside: int = 0
    joined: int = 0
    added: int = 0
    rows: list[int] = field(default_factory=list)
    diffs: list[Diff] = field(default_factory=list)
    note: str = ""

    def aside(self, item: Item) -> None:
        """A row that goes no further."""
        self.set_aside += 1
        if len(self.rows) < ROWS_KEPT:
            self.rows.append(item.row)

    def differs(self, row: int, column: str, before: Any, after: Any, mask: Callable[[str], str]) -> None:
        """A cell that changed; the first few are kept to be shown."""
        self.changed += 1
        if len(self.diffs) < DIFFS:
            old, new = _around(shown(before), shown(after))
            self.diffs.append(Diff(row=row, column=column, before=mask(old), after=mask(new)))


def shown(value: Any) -> str:
    """A cell as text for the eye."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _around(before: str, after: str) -> tuple[str, str]:
    """Both texts, cut to where they begin to differ. Cut after masking would show halves of a value."""
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = max(0, same - SHOWN_CHARS // 3)
    start = before.rfind(" ", 0, start) + 1 if start else 0
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    end = text.find(" ", start + SHOWN_CHARS)
    end = len(text) if end < 0 or len(text) - start <= SHOWN_CHARS else end
    return ("…" if start else "") + text[start : min(end, start + 2 * SHOWN_CHARS)] + ("…" if end < len(text) else "")


def cell_bytes(value: Any) -> bytes:
    """One form for each value: 1 and 1.0, "" and None differ; NaN is equal to itself."""
    return json.dumps(value, ensure_ascii=True, default=str).encode()


def rank(seed: int, *names: object) -> bytes:
    """A place in a seeded random order: the same row lands at the same place every time."""
    text = "\x1f".join(map(str, (seed, *names)))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def changed(item: Item, value: Row, columns: set[str] | frozenset[str]) -> Item:
    """The item with another value, the columns in question marked as touched."""
    return replace(item, value=value, touched=item.touched | columns)


def text_of(item: Item, shape: Shape) -> str:
    """All that a model would read or write of a row, in one text."""
    from trainer.data.repair.cells import cells

    return "\n".join(text for _, text in cells(item.value, text_columns(item.value, shape)))


def text_columns(row: Row, shape: Shape) -> list[str]:
    """The columns in use: those that play a role, else all but ids and dates."""
    from trainer.data.repair.cells import top_column

    used = [top_column(row, column) for column in shape.roles.values()]
    return list(dict.fromkeys(c for c in used if c is not None)) or free_columns(row, shape)


def free_columns(row: Row, shape: Shape) -> list[str]:
    """Every column that is no id, date or split mark."""
    fixed = set(extras(shape).values())
    return [c for c in row if c not in fixed]


def extras(shape: Shape) -> dict[str, str]:
    """What a shape says of columns beside the roles: id, date, split, group."""
    found: dict[str, str] = getattr(shape, "extras", None) or {}
    return found


class Held:
    """All items of a step that can't work on one row at a time, packed as JSON: a fraction of the memory."""

    def __init__(self, items: Iterator[Item], tally: Tally) -> None:
        self.numbers: list[int] = []
        self._kept: list[Item | bytes] = []
        for item in items:
            self.numbers.append(item.row)
            self._kept.append(json.dumps(item.value).encode() if _as_read(item) else item)
        tally.rows_in += len(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, position: int) -> Item:
        kept = self._kept[position]
        if isinstance(kept, Item):
            return kept
        row, number = json.loads(kept), self.numbers[position]
        return Item(number, row, (number,), origin=row)

    def __iter__(self) -> Iterator[Item]:
        return (self[position] for position in range(len(self)))


def _as_read(item: Item) -> bool:
    """Whether a row is as its source gave it, so that its number and its JSON are all there is to it."""
    return item.value is item.origin and len(item.from_rows) == 1 and not item.synthetic and _plain(item.value)


def _plain(value: Any) -> bool:
    """Whether JSON gives back exactly this value: no dates, tuples, keys that are no texts."""
    if isinstance(value, dict):
        return all(type(k) is str and _plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_plain, value))
    return value is None or type(value) in (str, int, float, bool)
