"""The one door to a language model. Every brain, the built-in one too, answers through it.

A model is used only when the person chose it by its LiteLLM name; a key that happens to lie in
the environment chooses nothing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else litellm goes to the network

BUILTIN = "tunesmith/builtin"
RETRIES = 2
TIMEOUT = 60.0
"""Seconds for one answer."""
Message = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call as the model asked for it."""

    id: str
    name: str
    arguments: dict[str, Any]
    fault: str = ""
    """Why the arguments could not be read, if so."""


@dataclass(frozen=True)
class Reply:
    """One answer of a model."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    tokens: int = 0
    usd: float | None = None
    """What it cost; None when the price is not known."""


class DoorError(Exception):
    """The model could not be reached or did not answer; the message is for a person."""


class Brain(Protocol):
    """What the graph needs of a model."""

    model: str

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]],
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer, with text or tool calls."""
        ...


class Door:
    """LiteLLM behind one method."""

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
        litellm = _litellm()
        request: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "tools": tools or None,
            "timeout": TIMEOUT,
            "num_retries": 0 if self.builtin else RETRIES,
            "api_base": self.api_base,
            "drop_params": True,
        }
        try:
            if on_text is None or self.builtin:
                response = litellm.completion(**request)
            else:
                response = _streamed(litellm, request, on_text)
            return _reply(response)
        except litellm.exceptions.AuthenticationError as error:
            raise DoorError(f"{self.model} refused the key") from error
        except litellm.exceptions.RateLimitError as error:
            raise DoorError(f"{self.model} says it is asked too often") from error
        except litellm.exceptions.Timeout as error:
            raise DoorError(f"{self.model} did not answer in {TIMEOUT:.0f} s") from error
        except litellm.exceptions.NotFoundError as error:
            raise DoorError(f"the model {self.model} is not known there") from error
        except litellm.exceptions.APIConnectionError as error:
            raise DoorError(f"{self.model} can't be reached") from error
        except (
            *litellm.exceptions.LITELLM_EXCEPTION_TYPES,
            ValueError,
            AttributeError,
            IndexError,
            TypeError,
        ) as error:
            raise DoorError(f"{self.model} gave no usable answer ({type(error).__name__})") from error


def _litellm() -> Any:
    """LiteLLM, imported late (2.5 s) and made quiet, with the built-in brain registered."""
    import litellm

    if not any(p["provider"] == "tunesmith" for p in litellm.custom_provider_map):
        from agent.builtin.provider import BuiltinProvider

        logging.getLogger("LiteLLM").setLevel(logging.ERROR)
        litellm.suppress_debug_info = True
        litellm.telemetry = False
        litellm.custom_provider_map.append({"provider": "tunesmith", "custom_handler": BuiltinProvider()})
        litellm.register_model(
            {
                BUILTIN: {
                    "input_cost_per_token": 0.0,
                    "output_cost_per_token": 0.0,
                    "litellm_provider": "tunesmith",
                    "mode": "chat",
                }
            }
        )
        litellm.utils.custom_llm_setup()
    return litellm


def _streamed(litellm: Any, request: dict[str, Any], on_text: Callable[[str], None]) -> Any:
    chunks = []
    for chunk in litellm.completion(**request, stream=True, stream_options={"include_usage": True}):
        chunks.append(chunk)
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            on_text(piece)
    return litellm.stream_chunk_builder(chunks, messages=request["messages"])


def _reply(response: Any) -> Reply:
    message = response.choices[0].message
    calls = [_call(c) for c in message.tool_calls or []]
    usage = getattr(response, "usage", None)
    hidden = getattr(response, "_hidden_params", {}) or {}
    if not calls and not (message.content or "").strip():
        raise ValueError("empty answer")
    return Reply(
        message.content or "",
        calls,
        int(getattr(usage, "total_tokens", 0) or 0),
        hidden.get("response_cost"),
    )


def _call(raw: Any) -> Call:
    try:
        arguments = json.loads(raw.function.arguments or "{}")
    except ValueError as error:
        return Call(raw.id, raw.function.name, {}, f"the arguments are not JSON: {error}")
    if not isinstance(arguments, dict):
        return Call(raw.id, raw.function.name, {}, "the arguments must be an object")
    return Call(raw.id, raw.function.name, arguments)
