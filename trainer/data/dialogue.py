"""Cells as text, and cells that hold the turns of a conversation, whatever their keys and roles are called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from trainer.data.shape.look import value_words
from trainer.data.shape.turns import FUNCTION_CALL, aliases, keys_of
from trainer.data.sources.numbers import json_text, number

Turn = dict[str, Any]


class BadTurns(ValueError):
    """A cell that is no conversation; the message is the fault's name, `kinds` the roles nobody knows."""

    def __init__(self, fault: str, kinds: tuple[str, ...] = ()) -> None:
        super().__init__(fault)
        self.kinds = kinds


def as_text(value: Any) -> str:
    """A cell as the text the model reads or writes; numbers as they were written, structures as JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else json_text(value)


def listed_turns(value: Any) -> list[Any]:
    """The turns of a cell: a list, one turn alone, or either of them as JSON text. Raises BadTurns."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, str) or not value.strip():
        return []
    try:
        parsed = json.loads(value, parse_float=number)
    except (ValueError, RecursionError):
        raise BadTurns("broken_json") from None
    if not isinstance(parsed, list | dict):
        raise BadTurns("broken_json")
    return listed_turns(parsed)


def said(turn: Any) -> tuple[str, str]:
    """(who, what) of one turn, as the data call them. Raises BadTurns where it is no turn."""
    if not isinstance(turn, dict):
        raise BadTurns("unknown_role")
    if len(turn) == 2 and type(content := turn.get("content")) is str and "role" in turn:
        return _who(turn["role"]), content  # what most turns are
    if "from" in turn and "value" in turn:
        return _who(turn["from"]), as_text(turn["value"])
    pair = keys_of(turn)
    if pair is None:
        who = turn.get("from", turn.get("role", ""))
        return _who(who), as_text(turn.get("value", turn.get("content")))
    content, calls = content_text(turn.get(pair[1])), turn.get("tool_calls")
    if calls:
        text = as_text(calls)
        return "tool_call", f"{content}\n{text}" if content else text
    return _who(turn[pair[0]]), content


def _who(name: Any) -> str:
    return name.lower() if type(name) is str else str(name).lower()


def content_text(value: Any) -> str:
    """A turn's content; a list of text parts becomes its texts, one a line."""
    if isinstance(value, list) and value and all(isinstance(p, dict) and p.get("type") == "text" for p in value):
        return "\n".join(as_text(p.get("text")) for p in value)
    return as_text(value)


@lru_cache(maxsize=4096)
def roles_of(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(roles, notes) of the speakers of a conversation in order. Raises BadTurns with the unknown ones.

    Notes: role_order with two_users, two_answers, system_inside or answer_first; question_last.
    """
    known = aliases()
    unknown = tuple(dict.fromkeys(n for n in names if n not in known))
    if unknown:
        raise BadTurns("unknown_role", unknown)
    roles = tuple(known[n] for n in names)
    kinds = _out_of_order(names, roles)
    last = ("question_last",) if roles and roles[-1] != "assistant" else ()
    return roles, ((("role_order", *kinds) if kinds else ()) + last)


def _out_of_order(names: tuple[str, ...], roles: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    before, called = "", False
    for name, role in zip(names, roles, strict=True):
        if role == "system" and before not in ("", "system"):
            found["system_inside"] = None
        elif role == before == "user":
            found["two_users"] = None
        elif role == before == "assistant" and not called and name not in FUNCTION_CALL:
            found["two_answers"] = None
        elif role == "assistant" and before in ("", "system") and "system_inside" not in found:
            found["answer_first"] = None
        before, called = role, name in FUNCTION_CALL
    return tuple(found)


def message(turn: Turn) -> Turn:
    """One turn in TRL's keys: role, content, tool_calls; other keys as they are. Raises BadTurns."""
    who, what = said(turn)
    role = roles_of((who,))[0][0]
    if "tool_calls" in turn and keys_of(turn) == ("role", "content"):
        return {**turn, "role": role, "content": content_text(turn.get("content"))}
    if who in FUNCTION_CALL and (calls := _calls(what)):
        return {"role": "assistant", "content": "", "tool_calls": calls}
    pair = ("from", "value") if "from" in turn and "value" in turn else keys_of(turn) or ("role", "content")
    return {"role": role, "content": what, **{k: v for k, v in turn.items() if k not in pair}}


def _calls(text: str) -> list[Turn]:
    """Calls written as JSON {name, arguments}, one or a list; none where it is written otherwise."""
    try:
        parsed = json.loads(text, parse_float=number)
    except (ValueError, RecursionError):
        return []
    calls = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(c, Mapping) and c.keys() == {"name", "arguments"} for c in calls):
        return []
    return [{"type": "function", "function": {"name": c["name"], "arguments": _arguments(c)}} for c in calls]


def _arguments(call: Mapping[str, Any]) -> Any:
    """Arguments as an object; some data sets write them as JSON in a text."""
    given = call["arguments"]
    if not isinstance(given, str):
        return given
    try:
        parsed = json.loads(given, parse_float=number)
    except (ValueError, RecursionError):
        return given
    return parsed if isinstance(parsed, dict) else given


def tool_list(value: Any) -> Any:
    """Tool definitions as a list; JSON text is read, anything else kept as it is."""
    if value in (None, "", [], "[]"):
        return []
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value, parse_float=number)
    except (ValueError, RecursionError):
        return value
    return parsed if isinstance(parsed, list) else [parsed]


def verdict(value: Any) -> bool | None:
    """A label of KTO rows as good or bad; None where it is neither."""
    if isinstance(value, bool):
        return value
    word, known = as_text(value).strip().casefold(), value_words()
    return word in known["yes"] if word in known["yes"] | known["no"] else None
