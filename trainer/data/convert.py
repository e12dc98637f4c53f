"""Rows -> examples in TRL's columns. Not a character of the content is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trainer.data.formats import Shape, flattened
from trainer.data.reading import Row

Turn = dict[str, Any]
_ROLES = {
    "human": "user",
    "user": "user",
    "customer": "user",
    "prompter": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "system": "system",
    "observation": "tool",
    "tool": "tool",
    "function_response": "tool",
}


@dataclass(frozen=True)
class Example:
    """One training example: a conversation, or plain text.

    `row` counts from 1 in the source file. `messages` is empty for plain text.
    """

    row: int
    messages: tuple[tuple[str, str], ...] = ()
    """(role, content), the last one an assistant's."""
    text: str = ""
    fault: str = ""
    """Why the row cannot be trained on: empty, unknown_role, no_answer, broken_text."""

    @property
    def prompt(self) -> str:
        """What the model is asked: the last turn before the answer."""
        return self.messages[-2][1] if len(self.messages) > 1 else ""

    @property
    def answer(self) -> str:
        """What the model should write."""
        return self.messages[-1][1] if self.messages else self.text

    def trl(self) -> dict[str, Any]:
        """The row in TRL's columns: `messages`, or `text`."""
        if not self.messages:
            return {"text": self.text}
        return {"messages": [{"role": r, "content": c} for r, c in self.messages]}


def examples(rows: list[Row], shape: Shape) -> Iterator[Example]:
    """Every row as an example; rows that cannot be used carry their fault."""
    build = _BUILDERS[shape.format]
    for number, row in enumerate(rows, start=1):
        example = build(number, flattened(row), shape.roles)
        yield example if example.fault else _checked(example)


def _checked(example: Example) -> Example:
    parts = [c for _, c in example.messages] or [example.text]
    if any("\ud800" <= c <= "\udfff" for part in parts for c in part):
        return Example(example.row, example.messages, example.text, "broken_text")
    fault = "empty" if not parts[-1].strip() or not any(p.strip() for p in parts[:-1] or parts) else ""
    return Example(example.row, example.messages, example.text, fault)


def as_text(value: Any) -> str:
    """A cell as the text the model reads or writes; structures become JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _pair(number: int, row: Row, roles: dict[str, str]) -> Example:
    prompt = as_text(row.get(roles["prompt"]))
    if "input" in roles and (more := as_text(row.get(roles["input"]))):
        prompt = f"{prompt}\n\n{more}"
    answer = as_text(row.get(roles.get("completion") or roles["label"]))
    turns = [("user", prompt), ("assistant", answer)]
    if "system" in roles and (system := as_text(row.get(roles["system"]))):
        turns.insert(0, ("system", system))
    return Example(number, tuple(turns))


def _plain(number: int, row: Row, roles: dict[str, str]) -> Example:
    return Example(number, text=as_text(row.get(roles["text"])))


def _conversation(number: int, row: Row, roles: dict[str, str]) -> Example:
    turns: list[tuple[str, str]] = []
    listed_turns = row.get(roles["messages"])
    for turn in listed_turns if isinstance(listed_turns, list) else []:
        if not isinstance(turn, dict):
            return Example(number, tuple(turns), fault="unknown_role")
        who = str(turn.get("from", turn.get("role", ""))).lower()
        if who not in _ROLES:
            return Example(number, tuple(turns), fault="unknown_role")
        turns.append((_ROLES[who], as_text(turn.get("value", turn.get("content")))))
    if "system" in roles and (system := as_text(row.get(roles["system"]))):
        turns.insert(0, ("system", system))
    if "tools" in roles and (listed := as_text(row.get(roles["tools"]))) not in ("", "[]"):
        turns.insert(0, ("system", listed))
    while turns and turns[-1][0] != "assistant":
        turns.pop()  # a trailing question has no answer to learn from
    return Example(number, tuple(turns), fault="" if len(turns) > 1 else "no_answer")


_BUILDERS = {
    "prompt_completion": _pair,
    "alpaca": _pair,
    "text_label": _pair,
    "text": _plain,
    "messages": _conversation,
    "sharegpt": _conversation,
}
TRAINABLE = frozenset(_BUILDERS)
