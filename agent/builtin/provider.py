"""The built-in brain as a LiteLLM provider: same door, same typed tool calls, no model."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from litellm import CustomLLM, ModelResponse

from agent.builtin.understand import understand
from agent.intents import call_for
from agent.situation import Situation, Understanding

SITUATION = re.compile(r"<situation>(\{.*\})</situation>", re.DOTALL)


class BuiltinProvider(CustomLLM):  # type: ignore[misc]
    """Reads the last user message against the situation and answers with one tool call."""

    def completion(self, model: str, messages: list[dict[str, Any]], *args: Any, **kwargs: Any) -> ModelResponse:
        """One tool call; the extras of the understanding travel in the text."""
        read = understand(_last(messages), _situation(messages))
        name, arguments = call_for(read.intent, read.slots)
        if read.intent == "revise_plan" and read.directions:
            arguments = arguments | {"directions": read.directions}
        return _response(model, name, arguments, read)


def _last(messages: list[dict[str, Any]]) -> str:
    return next((str(m["content"]) for m in reversed(messages) if m["role"] == "user"), "")


def _situation(messages: list[dict[str, Any]]) -> Situation:
    for message in messages:
        if message["role"] == "system" and (found := SITUATION.search(str(message["content"]))):
            return Situation.model_validate_json(found.group(1))
    return Situation()


def _response(model: str, name: str, arguments: dict[str, Any], read: Understanding) -> ModelResponse:
    call = {
        "id": f"call_{uuid.uuid4().hex[:12]}",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
    }
    extras = read.model_dump(include={"secondary_intents", "language", "confidence", "unknown"})
    message = {"role": "assistant", "content": json.dumps(extras), "tool_calls": [call]}
    return ModelResponse(
        model=model,
        choices=[{"index": 0, "finish_reason": "tool_calls", "message": message}],
        usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    )
