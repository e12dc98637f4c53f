"""What every new row carries: that it is synthetic, from which rows, made how, and that nobody has looked at it yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trainer.data.sources.source import Row

MARKS = ("synthetic", "made_from", "made_by", "review", "judge")
"""Columns of ours in a file of new rows. No model is trained on them."""
PREFIX = "tunesmith_"
"""Before each of them where the person's own columns have one of these names (films have reviews)."""
PENDING, ACCEPTED, SET_ASIDE = "pending", "accepted", "set_aside"


def prefix_for(columns: Iterable[str]) -> str:
    """What our columns' names begin with in a file that has these columns."""
    return PREFIX if set(columns) & set(MARKS) else ""


def marked(row: Row, made_from: Iterable[int], made_by: str, prefix: str = "", **more: Any) -> Row:
    """A new row with its marks. `made_from` are row numbers of the source, from 1."""
    marks = {"synthetic": True, "made_from": list(made_from), "made_by": made_by, **more, "review": PENDING}
    return row | {prefix + name: value for name, value in marks.items()}


def mark_of(row: Row, name: str) -> Any:
    """A mark of a row under its name or the longer one; None where it has none."""
    if f"{PREFIX}synthetic" in row:
        return row.get(PREFIX + name)
    return row.get(name) if "synthetic" in row else None


def remarked(row: Row, name: str, value: Any) -> Row:
    """The row with one of its marks set."""
    prefix = PREFIX if f"{PREFIX}synthetic" in row else ""
    return row | {prefix + name: value}


def unmarked(row: Row) -> Row:
    """The row without marks."""
    if mark_of(row, "synthetic") is None:
        return row
    prefix = PREFIX if f"{PREFIX}synthetic" in row else ""
    return {k: v for k, v in row.items() if k not in {prefix + name for name in MARKS}}


def unreviewed(row: Row) -> bool:
    """Whether a row was made by rules or a model and no person has accepted it yet."""
    return mark_of(row, "synthetic") is True and mark_of(row, "review") in (PENDING, SET_ASIDE)


def synthetic(row: Row) -> bool:
    """Whether a row was made by rules or a model, reviewed or not."""
    return mark_of(row, "synthetic") is True


def origins(row: Row) -> tuple[int, ...]:
    """Numbers of the rows it was made from, in a file that begins with them (see `accept`); () for an original."""
    found = mark_of(row, "made_from") if synthetic(row) else None
    return tuple(int(n) for n in found) if isinstance(found, list) else ()
