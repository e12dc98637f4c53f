"""Rows with plain nested objects opened, their columns counted, and the shape that is read from them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from trainer.facts import Column

Row = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """Format, roles (role -> column), and the one question if they are unclear."""

    format: str
    """prompt_completion, alpaca, text_label, text, messages, sharegpt, preference, kto; chat_rows and chat_log, whose
    rows (or lines) are turns to be grouped; unclear."""
    roles: dict[str, str]
    """What is trained on: prompt, completion, input, label, system, chosen, rejected, messages, tools, text."""
    question: str | None = None
    unused: tuple[str, ...] = field(default=())
    """Columns that play no part."""
    confidence: dict[str, float] = field(default_factory=dict)
    """Role -> 0 to 1, for roles and extras."""
    evidence: dict[str, str] = field(default_factory=dict)
    """Role -> why this column, in a short sentence."""
    extras: dict[str, str] = field(default_factory=dict)
    """What is about the row and not trained on: id, date, split, group, speaker, language."""


def flattened(row: Row) -> Row:
    """A row whose nested objects have become dotted columns; lists stay as they are."""
    flat: Row = {}
    for key, value in row.items():
        if isinstance(value, dict) and _plain_object(value):
            flat |= {f"{key}.{k}": v for k, v in value.items()}
        else:
            flat[key] = value
    return flat


def _plain_object(value: dict[str, Any]) -> bool:
    """An object of single values that is not one turn of a conversation."""
    turn = {"from", "value"} <= value.keys() or {"role", "content"} <= value.keys()
    turn = turn or value.keys() <= {"from", "value", "role", "content"}
    return bool(value) and not turn and not any(isinstance(v, dict | list) for v in value.values())


def cell(row: Row, column: str) -> Any:
    """A value of a row as read or as flattened; None where the row has none."""
    if column in row or "." not in column:
        return row.get(column)
    for at, letter in enumerate(column):
        if letter == "." and isinstance(inner := row.get(column[:at]), dict) and column[at + 1 :] in inner:
            return inner[column[at + 1 :]]
    return None


def columns_of(rows: list[Row]) -> list[Column]:
    """Every column with its kind, fill, distinct values and mean length."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [_column(name, rows) for name in names]


def _column(name: str, rows: list[Row]) -> Column:
    values = [v for row in rows if (v := row.get(name)) not in (None, "", [], {})]
    texts = [v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str) for v in values]
    kinds = {_kind(v) for v in values}
    return Column(
        name=name,
        kind=kinds.pop() if len(kinds) == 1 else ("mixed" if kinds else "empty"),
        filled=len(values),
        distinct=len(set(texts)),
        mean_chars=round(sum(map(len, texts)) / len(texts), 1) if texts else 0.0,
        examples=tuple(t[:80] for t in dict.fromkeys(texts[:50]))[:3],
    )


def _kind(value: Any) -> Any:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "number"
    return "list" if isinstance(value, list) else "object"
