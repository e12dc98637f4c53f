"""The one door to a language model. Every brain, the built-in one too, answers through it.

A model is used only when the person chose it by its LiteLLM name; a key that happens to lie in
the environment chooses nothing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from typing import Any, Protocol

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from agent.builtin.answer import builtin_reply
from agent.model.plain_calls import repaired, written_calls
from agent.model.reply import Call, Message, Reply
from agent.model.troubles import Cut, DoorError, Empty, Refused, in_words, worth_waiting

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else litellm goes to the network

BUILTIN = "tunesmith/builtin"
ATTEMPTS = 3
"""Times one call is tried when the fault may pass. A ceiling counts them as one: failed tries are seldom billed."""
LONGEST_ANSWER = 2000
"""Tokens of one answer: a tool call or a short text."""
TIMEOUT = 60.0
"""Seconds for one answer."""


class Brain(Protocol):
    """What the graph needs of a model."""

    model: str

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]],
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer, with text or tool calls. Raises DoorError."""
        ...


class Door:
    """LiteLLM behind one method; the built-in brain answers in the same form without it."""

    def __init__(self, model: str | None = None, api_base: str | None = None) -> None:
        self.model = model or os.environ.get("TUNESMITH_LLM") or BUILTIN
        self.api_base = api_base or os.environ.get("TUNESMITH_LLM_API_BASE")

    @property
    def builtin(self) -> bool:
        """Whether no language model is asked."""
        return self.model == BUILTIN

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]],
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """One completion; streamed when somebody listens. Raises DoorError with a plain reason."""
        if self.builtin:
            return builtin_reply(messages)
        attempts = Retrying(
            retry=retry_if_exception(worth_waiting), wait=_pause, stop=stop_after_attempt(ATTEMPTS), reraise=True
        )
        return attempts(self._once, messages, tools, on_text)

    def _once(
        self, messages: list[Message], tools: list[dict[str, Any]], on_text: Callable[[str], None] | None
    ) -> Reply:
        litellm = quiet_litellm()
        key = self._key(litellm)
        request: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "tools": tools or None,
            "timeout": TIMEOUT,
            "num_retries": 0,
            "max_retries": 0,  # the pauses are ours: a provider's Retry-After is honoured
            "api_base": self.api_base,
            "api_key": key,
            "drop_params": True,
            "max_tokens": LONGEST_ANSWER,
        }
        try:
            if on_text is None:
                response = litellm.completion(**request)
            else:
                response = _streamed(litellm, request, on_text)
            return _reply(response, {t["function"]["name"] for t in tools})
        # a provider may send anything, and each library in between raises errors of its own
        except Exception as error:
            raise in_words(error, self.model) from error

    def _key(self, litellm: Any) -> str | None:
        """None where LiteLLM finds what it needs; a stand-in for a server of one's own. Raises DoorError."""
        missing = litellm.validate_environment(self.model).get("missing_keys") or []
        if missing and not self.api_base:
            raise DoorError(f"{self.model} needs a key and none was found; set {', '.join(missing)}", "key")
        return "none" if missing else None


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.pause or 0.0 if isinstance(error, DoorError) else 0.0


def quiet_litellm() -> Any:
    """LiteLLM, imported late (2.5 s) and made quiet."""
    import litellm

    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm


def _streamed(litellm: Any, request: dict[str, Any], on_text: Callable[[str], None]) -> Any:
    chunks = []
    stream = litellm.completion(**request, stream=True, stream_options={"include_usage": True})
    for chunk in stream:
        chunks.append(chunk)
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            on_text(piece)
    if not chunks:
        raise Empty
    if getattr(stream, "received_finish_reason", "stop") is None:  # LiteLLM itself ends a cut stream with "stop"
        raise Cut
    return litellm.stream_chunk_builder(chunks, messages=request["messages"])


def _reply(response: Any, tools: set[str]) -> Reply:
    choice = response.choices[0]
    message, text = choice.message, choice.message.content or ""
    if choice.finish_reason == "content_filter" or getattr(message, "refusal", None):
        raise Refused
    calls = [_call(c) for c in message.tool_calls or []]
    if not calls and tools:
        calls = [Call(f"written_{n}", name, said) for n, (name, said) in enumerate(written_calls(text, tools))]
        text = "" if calls else text
    if not calls and not text.strip():
        raise Empty
    usage, hidden = getattr(response, "usage", None), getattr(response, "_hidden_params", {}) or {}
    return Reply(text, calls, int(getattr(usage, "total_tokens", 0) or 0), hidden.get("response_cost"))


def _call(raw: Any) -> Call:
    text = raw.function.arguments or "{}"
    try:
        arguments = json.loads(text)
    except ValueError as error:
        arguments = repaired(text)
        if arguments is None:
            return Call(raw.id, raw.function.name, {}, f"the arguments are not JSON: {error}")
    if not isinstance(arguments, dict):
        return Call(raw.id, raw.function.name, {}, "the arguments must be an object")
    return Call(raw.id, raw.function.name, arguments)
