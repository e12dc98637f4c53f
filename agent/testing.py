"""The stand-in for a language model: answers by script, fails loudly when it runs dry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.model.reply import Call, Message, Reply
from agent.model.troubles import DoorError


class ScriptedLLM:
    """Gives prepared replies in order and keeps what it was asked."""

    model = "scripted/test"

    def __init__(self, *replies: Reply | DoorError) -> None:
        self.replies = list(replies)
        self.asked: list[list[Message]] = []

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]],
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """The next reply of the script."""
        self.asked.append(messages)
        if not self.replies:
            raise AssertionError(f"the script is empty, but was asked: {messages[-1]['content']!r:.200}")
        reply = self.replies.pop(0)
        if isinstance(reply, DoorError):
            raise reply
        if on_text and reply.text:
            on_text(reply.text)
        return reply


def call(name: str, **arguments: Any) -> Reply:
    """A reply that is one tool call."""
    return Reply(calls=[Call(f"call_{name}", name, arguments)], tokens=100, usd=0.0)
