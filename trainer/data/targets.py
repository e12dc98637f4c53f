"""A row in another of TRL's formats, its values character for character.

Conversations, and rows with a system prompt, become lists of messages; plain pairs stay texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trainer.data.dialogue import BadTurns, Turn, as_text, listed_turns, message, tool_list, verdict
from trainer.data.shape.columns import Row, Shape, cell

CONVERSATIONS = frozenset({"messages", "sharegpt"})
_PAIRS = frozenset({"prompt_completion", "alpaca", "text_label"})


def converted(row: Row, shape: Shape, target: str) -> Row | None:
    """The row (as read or flattened) in `target`: messages, prompt_completion, text, preference or kto.

    Only the target's own columns come back, with `tools` where the row has them. None where the row can't be
    written so: text has no answer, a rejected answer is none to learn from, one answer makes no pair.
    """
    try:
        return _TARGETS[target](row, shape)
    except BadTurns:
        return None


def _talk(row: Row, shape: Shape) -> list[Turn] | None:
    """The row as messages up to and with its (good) answer."""
    roles = shape.roles
    if shape.format in CONVERSATIONS:
        return _with_system(row, shape, _messages(cell(row, roles["messages"])))
    if shape.format in _PAIRS:
        return _with_system(row, shape, [*_asked(row, shape), *_answer(row, roles.get("completion") or roles["label"])])
    if shape.format == "kto":
        return _kto_talk(row, shape) if _good(row, shape) else None
    if shape.format == "preference":
        prompt, chosen, _ = _sides(row, shape)
        return _with_system(row, shape, [*prompt, *chosen])
    if shape.format == "chat_log":
        return _logged(as_text(cell(row, roles["text"])))
    return None


def _messages(value: Any) -> list[Turn]:
    """Turns in TRL's keys; what a tool returned bears the name of the call before it."""
    out: list[Turn] = []
    for turn in listed_turns(value):
        told = message(turn)
        if told["role"] == "tool" and "name" not in told and out and len(calls := out[-1].get("tool_calls", [])) == 1:
            told = {"role": "tool", "name": calls[0].get("function", calls[0]).get("name"), **told}
        out.append(told)
    return out


def _with_system(row: Row, shape: Shape, turns: list[Turn]) -> list[Turn]:
    system = as_text(cell(row, shape.roles["system"])) if "system" in shape.roles else ""
    return [{"role": "system", "content": system}, *turns] if system else turns


def _asked(row: Row, shape: Shape) -> list[Turn]:
    """What is asked: turns as they are, texts with their input as one user's turn."""
    value = cell(row, shape.roles["prompt"])
    if isinstance(value, list) and value and isinstance(value[0], dict) and shape.format != "text_label":
        return _messages(value)
    return [{"role": "user", "content": _question(row, shape)}]


def _question(row: Row, shape: Shape) -> str:
    text = as_text(cell(row, shape.roles["prompt"]))
    more = as_text(cell(row, shape.roles["input"])) if "input" in shape.roles else ""
    return f"{text}\n\n{more}" if more else text


def _answer(row: Row, column: str) -> list[Turn]:
    value = cell(row, column)
    if isinstance(value, list) and value and isinstance(value[0], dict) and "role" in value[0]:
        return _messages(value)
    return [{"role": "assistant", "content": as_text(value)}]


def _logged(text: str) -> list[Turn] | None:
    """A transcript of one conversation whose speakers are named by their side."""
    from trainer.data.chatlog import log_rows

    turns = [turn for _, turn in log_rows([(1, {"text": text})]) if not turn["note"]]
    told = [message({"role": turn["speaker"], "content": turn["text"]}) for turn in turns]
    return told if len(told) > 1 else None


def _tools(row: Row, shape: Shape) -> Row:
    return {"tools": tool_list(cell(row, shape.roles["tools"]))} if "tools" in shape.roles else {}


def _to_messages(row: Row, shape: Shape) -> Row | None:
    talk = _talk(row, shape)
    return {"messages": talk} | _tools(row, shape) if talk and _last_answer(talk) is not None else None


def _last_answer(talk: list[Turn]) -> int | None:
    """Where the last answer stands; None where there is none to learn from."""
    at = next((i for i in range(len(talk) - 1, -1, -1) if talk[i]["role"] == "assistant"), None)
    return at if at else None


def _to_pair(row: Row, shape: Shape) -> Row | None:
    talk = _talk(row, shape)
    at = _last_answer(talk) if talk else None
    if talk is None or at is None:
        return None
    if _written_as_text(row, shape):
        return {"prompt": talk[0]["content"], "completion": talk[1]["content"]}
    return {"prompt": talk[:at], "completion": [talk[at]]} | _tools(row, shape)


def _written_as_text(row: Row, shape: Shape) -> bool:
    """Whether rows of this shape are plain pairs: then all stay texts, so that a column keeps one type."""
    if shape.format in CONVERSATIONS or "messages" in shape.roles or shape.roles.keys() & {"system", "tools"}:
        return False
    columns = [shape.roles[r] for r in ("prompt", "completion", "chosen", "rejected") if r in shape.roles]
    plain = not any(isinstance(cell(row, c), list | dict) for c in columns)
    return shape.format != "chat_log" and (plain or shape.format == "text_label")


def _to_text(row: Row, shape: Shape) -> Row | None:
    if shape.format in ("text", "chat_log"):
        return {"text": as_text(cell(row, shape.roles["text"]))}
    talk = _talk(row, shape)
    return {"text": "\n\n".join(map(_written, talk))} if talk else None


def _written(turn: Turn) -> str:
    """A turn's words; calls as JSON."""
    calls = as_text(turn["tool_calls"]) if turn.get("tool_calls") else ""
    return "\n".join(part for part in (as_text(turn["content"]), calls) if part)


def _sides(row: Row, shape: Shape) -> tuple[list[Turn], list[Turn], list[Turn]]:
    """(prompt, chosen, rejected); a prompt that stands in both answers is taken out of them."""
    chosen, rejected = _side(cell(row, shape.roles["chosen"])), _side(cell(row, shape.roles["rejected"]))
    shared = 0
    while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
        shared += 1
    if shared:
        return chosen[:shared], chosen[shared:], rejected[shared:]
    asked = cell(row, shape.roles.get("messages") or shape.roles.get("prompt") or "")
    turned = isinstance(asked, list | dict)
    prompt = _messages(asked) if turned else [{"role": "user", "content": as_text(asked)}] if asked is not None else []
    return prompt, chosen, rejected


def _side(value: Any) -> list[Turn]:
    if isinstance(value, list | dict):
        return _messages(value)
    return [{"role": "assistant", "content": as_text(value)}]


def _to_preference(row: Row, shape: Shape) -> Row | None:
    if shape.format != "preference":
        return None
    prompt, chosen, rejected = _sides(row, shape)
    if not chosen or not rejected:
        return None
    if _written_as_text(row, shape):
        asked = {"prompt": prompt[0]["content"]} if prompt else {}
        return asked | {"chosen": chosen[0]["content"], "rejected": rejected[0]["content"]}
    prompt = _with_system(row, shape, prompt)
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected} | _tools(row, shape)


def _good(row: Row, shape: Shape) -> bool | None:
    return verdict(cell(row, shape.roles["label"]))


def _kto_talk(row: Row, shape: Shape) -> list[Turn]:
    if "messages" in shape.roles:
        return _with_system(row, shape, _messages(cell(row, shape.roles["messages"])))
    return _with_system(row, shape, [*_asked(row, shape), *_answer(row, shape.roles["completion"])])


def _to_kto(row: Row, shape: Shape) -> Row | None:
    if shape.format != "kto" or (good := _good(row, shape)) is None:
        return None
    talk = _kto_talk(row, shape)
    at = _last_answer(talk)
    if at is None:
        return None
    if _written_as_text(row, shape):
        return {"prompt": talk[0]["content"], "completion": talk[1]["content"], "label": good}
    return {"prompt": talk[:at], "completion": [talk[at]], "label": good} | _tools(row, shape)


_TARGETS: dict[str, Callable[[Row, Shape], Row | None]] = {
    "messages": _to_messages,
    "prompt_completion": _to_pair,
    "text": _to_text,
    "preference": _to_preference,
    "kto": _to_kto,
}
TARGETS = frozenset(_TARGETS)
"""Formats a row can be converted to."""
