"""Steps that look at one row at a time: keep it, drop it, rename its columns, take a person's decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from trainer.data.repair import steps as s
from trainer.data.repair.cells import at, top_column
from trainer.data.repair.items import Item, changed, shown, text_of
from trainer.data.repair.work import Work
from trainer.errors import UserFacingError

REPEATS = ("exact_duplicates", "near_duplicates")


def deduplicate(step: s.Deduplicate, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """The first row that is still there of each group of repeats."""
    rules = REPEATS[:1] if step.how == "exact" else REPEATS
    firsts = [_First(work.diagnosis.groups.get(rule, ()), work.diagnosis.rows(rule)) for rule in rules]

    def stays(item: Item) -> bool:
        asked = [first.keeps(item.row) for first in firsts]  # each must see every row
        return all(asked)

    return work.kept(items, stays)


class _First:
    """Lets the first row of each group through; a row in no group that repeats an earlier one never."""

    def __init__(self, groups: Any, repeats: frozenset[int]) -> None:
        self.group = {row: number for number, rows in enumerate(groups) for row in rows}
        self.lone = repeats - self.group.keys()
        self.seen: dict[int, int] = {}

    def keeps(self, row: int) -> bool:
        """Whether this is the group's first (a row that was doubled on purpose stays double)."""
        if row not in self.group:
            return row not in self.lone
        return self.seen.setdefault(self.group[row], row) == row


def drop(step: s.Drop, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Rows that no rule points at."""
    rows = frozenset[int]().union(*(work.diagnosis.rows(rule) for rule in step.rules))
    return work.kept(items, lambda item: item.row not in rows)


def drop_columns(step: s.DropColumns, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Rows without these columns. Raises UserFacingError when no row ever had one of them."""
    missing = set(step.columns)
    known: set[str] = set()
    for item in items:
        work.tally.rows_in += 1
        tops = {top for column in step.columns if (top := _column_there(item, column))}
        missing -= {column for column in step.columns if _column_there(item, column)}
        known |= item.value.keys()
        work.tally.changed += len(tops)
        yield changed(item, {k: v for k, v in item.value.items() if k not in tops}, tops) if tops else item
    if missing and known:
        raise _no_column(sorted(missing)[0], known, "drop_columns")


def _column_there(item: Item, column: str) -> str | None:
    """The column itself; dropping an inner one ('a.b') would drop its neighbours with it."""
    return column if column in item.value else None


def _no_column(column: str, known: set[str], where: str) -> UserFacingError:
    from trainer.fields import nearest

    return UserFacingError(f"there is no column {column}", where, nearest(column, sorted(known)))


def filter_language(step: s.FilterLanguage, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Rows in one of the languages; where the language can't be told the row stays."""
    from trainer.data.doctor.languages import language_of

    keep = set(step.keep) | {""}
    unsure = 0

    def stays(item: Item) -> bool:
        nonlocal unsure
        found = language_of(text_of(item, work.shape))
        unsure += not found
        work.tally.note = f"{unsure:,} rows were too short to tell; they stay" if unsure else ""
        return found in keep

    return work.kept(items, stays)


def filter_length(step: s.FilterLength, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Rows whose text has a length within the bounds, in characters."""
    low, high = step.min_chars or 0, step.max_chars or float("inf")

    def length(item: Item) -> int:
        return len((shown(at(item.value, step.column)) if step.column else text_of(item, work.shape)).strip())

    return work.kept(items, lambda item: low <= length(item) <= high)


def map_columns(step: s.MapColumns, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Rows whose columns bear the names of their roles. An inner column ('a.b') is copied out."""
    wanted = {column: role for role, column in step.roles.items() if column != role}
    missing, known = set(wanted), set[str]()
    for item in items:
        work.tally.rows_in += 1
        missing -= {column for column in wanted if top_column(item.value, column)}
        known |= item.value.keys()
        yield _renamed(item, wanted, work)
    if missing and known:
        raise _no_column(sorted(missing)[0], known, "map_columns")


def _renamed(item: Item, wanted: dict[str, str], work: Work) -> Item:
    names = {column: role for column, role in wanted.items() if column in item.value}
    inner = {role: at(item.value, c) for c, role in wanted.items() if c not in names and top_column(item.value, c)}
    taken = [role for role in (*names.values(), *inner) if role in item.value and role not in names]
    if taken:
        raise UserFacingError(
            f"row {item.row} has a column {taken[0]} already", "map_columns", "Drop or rename that column first."
        )
    work.tally.changed += len(inner)
    value = {names.get(k, k): v for k, v in item.value.items()} | inner
    renamed = (*item.names, *((new, old) for old, new in names.items()))
    touched = frozenset(names.get(c, c) for c in item.touched) | inner.keys()
    return replace(item, value=value, names=renamed, touched=touched)


def unify_labels(step: s.UnifyLabels, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """One spelling of each label."""
    column = step.column or work.shape.roles.get("label") or work.shape.roles.get("completion", "")

    def change(item: Item) -> tuple[Any, list[Any]]:
        top = top_column(item.value, column)
        old = item.value.get(column) if top == column else None
        new = step.mapping.get(old) if isinstance(old, str) else None
        if new is None or new == old:
            return item.value, []
        return item.value | {column: new}, [((column,), old, new)]

    return work.rewritten(items, change)


def review(step: s.Review, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """What a person decided: rejected rows go, edited cells are replaced, all others stay."""
    for item in items:
        work.tally.rows_in += 1
        decision = step.decisions.get(item.row, "accept")
        if decision == "reject":
            work.tally.aside(item)
        elif isinstance(decision, dict):
            yield _edited(item, decision, work)
        else:
            yield item


def _edited(item: Item, edit: dict[str, Any], work: Work) -> Item:
    unknown = edit.keys() - item.value.keys()
    if unknown:
        raise _no_column(sorted(unknown)[0], set(item.value), f"review of row {item.row}")
    new = {column: value for column, value in edit.items() if item.value[column] != value}
    for column, value in new.items():
        work.tally.differs(item.row, column, item.value[column], value, work.mask)
    return changed(item, item.value | new, frozenset(new)) if new else item
