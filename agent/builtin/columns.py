"""Which column plays which role: as said, as drawn with an arrow, or as its name tells."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from agent.builtin.data import cue_pattern, table

_SLOT = {
    "prompt": "prompt_column",
    "completion": "completion_column",
    "label": "label_column",
    "chosen": "chosen_column",
    "rejected": "rejected_column",
    "messages": "messages_column",
}
_IS = (
    r"\s*(?:column|col|field|spalte|columna|colonne|列|कॉलम|कलम)?\s*(?:is|are|as"
    r"|=|:|holds?|has|contains|means|ist|sind|als|es|son|est|sont|是|为|hai|है|হলো"
    r"|holo|->)\s*(?:the |a |our |la |die |der |el |le )?"
)


@cache
def _says(role: str) -> str:
    words = [w.strip() for w in str(table("columns.yaml")["says"][role]).split(",")]
    return cue_pattern(tuple(re.escape(w).replace(r"\ ", " ") for w in words)).pattern


def _word(column: str) -> str:
    return rf"(?<![A-Za-z0-9_]){re.escape(column.lower())}(?![A-Za-z0-9_])"


@cache
def _forward(role: str) -> re.Pattern[str]:
    return re.compile(rf"{_IS}(?:{_says(role)})")


@cache
def _backward(role: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{_says(role)})\s*(?:column|col|field|spalte|列)?\s*(?:is|=|:|are|in|comes from|ist|es|est|是|为|用|hai)"
        r"\s*(?:the |in |la |die )?"
    )


def _plays(text: str, column: str, role: str) -> bool:
    """Whether the text gives a column a role: 'q is the question', 'the prompt: q'."""
    places = list(re.finditer(_word(column), text))
    if any(_forward(role).match(text, place.end()) for place in places):
        return True
    starts = {place.start() for place in places}
    return bool(starts) and any(m.end() in starts for m in _backward(role).finditer(text))


def said(text: str, columns: list[str]) -> dict[str, str]:
    """Roles given in words: 'body_in is the customer', '用户是question列', 'prompt column: q'."""
    found: dict[str, str] = {}
    for role, slot in _SLOT.items():
        for column in columns:
            free = role != "messages" and slot not in found and column not in found.values()
            if free and _plays(text, column, role):
                found[slot] = column
    return found | arrow(text, columns)


def arrow(text: str, columns: list[str]) -> dict[str, str]:
    """Roles drawn as 'question -> answer'."""
    if not re.search(r"->|=>|→|into|nach|(?<!\w)to(?!\w)", text):
        return {}
    for left in columns:
        for right in columns:
            if left != right and re.search(rf"{_word(left)}\s*(?:-+>|=>|into|→|nach|to)\s*{_word(right)}", text):
                return {"prompt_column": left, "completion_column": right}
    return {}


@cache
def _names(role: str) -> frozenset[str]:
    return frozenset(str(n).lower() for n in table("columns.yaml")["names"][role])


def by_name(columns: list[str], role: str) -> list[str]:
    """Columns whose name tells a role."""
    return [c for c in columns if c.lower() in _names(role)]


def mentioned(text: str, columns: list[str]) -> list[str]:
    """Columns whose own name stands in the text."""
    return [c for c in columns if len(c) > 1 and re.search(_word(c), text)]


def pair(columns: list[str]) -> dict[str, str]:
    """The one in/out pair that the names tell, if there is exactly one."""
    if by_name(columns, "chosen") and by_name(columns, "rejected"):
        roles = {
            "prompt_column": by_name(columns, "prompt")[:1],
            "chosen_column": by_name(columns, "chosen")[:1],
            "rejected_column": by_name(columns, "rejected")[:1],
        }
        return {slot: names[0] for slot, names in roles.items() if names}
    if len(by_name(columns, "messages")) == 1:
        return {"messages_column": by_name(columns, "messages")[0]}
    prompts, answers = by_name(columns, "prompt"), by_name(columns, "completion")
    if len(prompts) == 1 and len(answers) == 1:
        return {"prompt_column": prompts[0], "completion_column": answers[0]}
    return {}


def label(columns: list[str]) -> str | None:
    """The column that holds the class."""
    named = by_name(columns, "label")
    if len(named) == 1:
        return named[0]
    rest = [c for c in columns if c not in by_name(columns, "text") and c.lower() not in ("id", "row_id")]
    return rest[0] if len(rest) == 1 and len(columns) > 1 else None


def inferred(text: str, columns: list[str], task: str | None) -> dict[str, Any]:
    """Roles for a training plan: what was said first, then what names tell."""
    told = said(text, columns)
    if task == "text_classification":
        name = label(columns)
        texts = [c for c in columns if c != name and c.lower() not in ("id",)]
        guess = ({"label_column": name} if name else {}) | (
            {"prompt_column": texts[0]} if name and len(texts) == 1 else {}
        )
        return guess | told
    return (pair(columns) if not told else {}) | told
