"""The built-in brain's answer in the form of every other: one typed tool call."""

from __future__ import annotations

import re

from agent.builtin.understand import understand
from agent.intents import call_for
from agent.model.reply import Call, Message, Reply
from agent.situation import Situation

_SITUATION = re.compile(r"<situation>(\{.*\})</situation>", re.DOTALL)


def builtin_reply(messages: list[Message]) -> Reply:
    """Reads the last user message against the situation."""
    read = understand(_last(messages), _situation(messages))
    name, arguments = call_for(read.intent, read.slots)
    if read.intent == "revise_plan" and read.directions:
        arguments = arguments | {"directions": read.directions}
    return Reply(calls=[Call("builtin", name, arguments)], usd=0.0)


def _last(messages: list[Message]) -> str:
    return next((str(m["content"]) for m in reversed(messages) if m["role"] == "user"), "")


def _situation(messages: list[Message]) -> Situation:
    for message in messages:
        if message["role"] == "system" and (found := _SITUATION.search(str(message["content"]))):
            return Situation.model_validate_json(found.group(1))
    return Situation()
