"""Which column is what, and which format the rows have: judged by names and by content."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from trainer.data.reading import Row
from trainer.facts import Column

_NAMES: dict[str, tuple[str, ...]] = {
    "prompt": (
        "prompt",
        "instruction",
        "question",
        "query",
        "input",
        "user",
        "message",
        "request",
        "problem",
        "customer_message",
        "source",
        "document",
        "article",
        "transcript",
        "utterance",
        "frage",
        "pregunta",
        "context",
        "body_in",
        "ticket",
        "userinput.text",
        "body",
        "subject",
    ),
    "completion": (
        "completion",
        "response",
        "answer",
        "output",
        "reply",
        "agent_reply",
        "target",
        "summary",
        "assistant",
        "solution",
        "translation",
        "antwort",
        "respuesta",
        "body_out",
        "gold",
    ),
    "label": (
        "label",
        "labels",
        "category",
        "class",
        "intent",
        "intents",
        "topic",
        "sentiment",
        "tag",
        "queue",
        "type",
        "kategorie",
        "slots",
    ),
    "text": ("text", "content", "body", "document", "article", "sentence", "review", "comment"),
    "system": ("system", "system_prompt"),
    "chosen": ("chosen", "preferred", "better"),
    "rejected": ("rejected", "dispreferred", "worse"),
    "messages": ("messages", "conversations", "conversation", "dialog", "dialogue", "chat"),
    "tools": ("tools", "functions"),
}
_SHARE_DISTINCT = 0.2
"""A label column has fewer distinct values than this share of its rows."""


@dataclass(frozen=True)
class Shape:
    """Format, roles (role -> column), and the one question if they are unclear."""

    format: str
    roles: dict[str, str]
    question: str | None = None
    unused: tuple[str, ...] = field(default=())


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
    turn = value.keys() <= {"from", "value", "role", "content"}
    return bool(value) and not turn and not any(isinstance(v, dict | list) for v in value.values())


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


def shape_of(columns: list[Column], rows: list[Row], wanted: dict[str, str]) -> Shape:
    """The format and the roles. `wanted` holds the columns the person named."""
    by_name = {c.name: c for c in columns}
    roles = {role: name for role, name in wanted.items() if name in by_name}
    for role in _NAMES:
        if role not in roles and (name := _best(role, columns, rows, set(roles.values()))):
            roles[role] = name
    return _decide(roles, by_name, rows, wanted)


def _best(role: str, columns: list[Column], rows: list[Row], taken: set[str]) -> str | None:
    free = [c for c in columns if c.name not in taken and _fits(role, c, len(rows))]
    order = {name: i for i, name in enumerate(_NAMES[role])}
    named = [c for c in free if c.name.lower().strip() in order]
    if named:
        return min(named, key=lambda c: order[c.name.lower().strip()]).name
    partly = [c for c in free if any(n in _words(c.name) for n in _NAMES[role][:6])]
    return partly[0].name if partly else None


def _words(name: str) -> set[str]:
    return set(name.lower().replace("-", "_").replace(".", "_").replace(" ", "_").split("_"))


def _fits(role: str, column: Column, rows: int) -> bool:
    """Whether the content can play the role at all."""
    if column.kind == "empty":
        return False
    if role == "messages":
        return column.kind == "list"
    if role in ("chosen", "rejected"):
        return column.kind in ("text", "list", "object")
    if role == "label":
        few = column.distinct <= max(2, _SHARE_DISTINCT * max(rows, 10))
        return column.kind in ("list", "object", "bool", "mixed") or (few and column.mean_chars <= 60)
    if role == "tools":
        return True
    return column.kind in ("text", "mixed", "number")


def _decide(roles: dict[str, str], by_name: dict[str, Column], rows: list[Row], wanted: dict[str, str]) -> Shape:
    keep = _Keep(roles)
    if "chosen" in roles and "rejected" in roles:
        return keep("preference", "prompt", "messages", "chosen", "rejected")
    if "messages" in roles:
        return _conversation(keep, roles, by_name, rows)
    if "label" in roles and by_name[roles["label"]].kind == "bool" and "completion" in roles:
        return keep("kto", "prompt", "completion", "label")
    if {"instruction", "output"} <= by_name.keys() or {"instruction", "response"} <= by_name.keys():
        return _alpaca(by_name)
    if "prompt" in roles and "completion" in roles:
        return keep("prompt_completion", "system", "prompt", "completion", "label")
    source = roles.get("text") or roles.get("prompt")
    if source and "label" in roles:
        return _labelled(source, roles["label"], by_name, wanted)
    if (source and len(by_name) == 1) or ("text" in roles and len(_texts(by_name)) == 1):
        return Shape("text", {"text": source or ""})
    return _unclear(by_name)


class _Keep:
    def __init__(self, roles: dict[str, str]) -> None:
        self.roles = roles

    def __call__(self, name: str, *kept: str) -> Shape:
        return Shape(name, {r: self.roles[r] for r in kept if r in self.roles})


def _conversation(keep: _Keep, roles: dict[str, str], by_name: dict[str, Column], rows: list[Row]) -> Shape:
    empty: list[Any] = []
    first = next((r[roles["messages"]] for r in rows if r.get(roles["messages"])), empty)
    turn = first[0] if first and isinstance(first[0], dict) else {}
    if "label" in roles and by_name[roles["label"]].kind == "bool":
        return keep("kto", "messages", "label")
    if {"from", "value"} <= turn.keys():
        return keep("sharegpt", "messages", "system", "tools")
    if {"role", "content"} <= turn.keys():
        return keep("messages", "messages", "system", "tools")
    return Shape("unclear", {}, f"What do the entries of column {roles['messages']} hold?")


def _alpaca(by_name: dict[str, Column]) -> Shape:
    roles = {"prompt": "instruction", "completion": "output"}
    if "output" not in by_name:
        roles["completion"] = "response"
    if "input" in by_name:
        roles["input"] = "input"
    return Shape("alpaca", roles)


def _labelled(source: str, label: str, by_name: dict[str, Column], wanted: dict[str, str]) -> Shape:
    """Text with a label; several structured targets deserve the one question."""
    structured = [c.name for c in by_name.values() if c.kind in ("list", "object")]
    roles = {"prompt": source, "label": label}
    question = None
    if "label" not in wanted and structured:
        every = structured if label in structured else [label, *structured]
        question = (
            f"What should the model write for each {source}: {' or '.join(every)}?"
            if len(every) > 1
            else f"Should the model write the column {label} as JSON for each {source}?"
        )
    return Shape("text_label", roles, question)


def _texts(by_name: dict[str, Column]) -> list[Column]:
    return [c for c in by_name.values() if c.kind == "text"]


def _unclear(by_name: dict[str, Column]) -> Shape:
    names = [c.name for c in by_name.values() if c.kind != "empty"]
    texts = _texts(by_name)
    if len(texts) == 2 and len(names) == 2:
        a, b = sorted(texts, key=lambda c: c.distinct, reverse=True)
        return Shape(
            "unclear",
            {},
            f"Is {a.name} what people ask and {b.name} what the model should answer?",
        )
    return Shape(
        "unclear",
        {},
        f"Which column is the question and which the answer? The file has: {', '.join(names)}.",
    )
