"""Events -> what the chat shows and where we are. Pure."""

from __future__ import annotations

import re
from typing import Any

from ui.html import visible


def last_event(events: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    """The newest event of a kind."""
    return next((e for e in reversed(events) if e["type"] == kind), None)


def chat_messages(events: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The conversation as plain text. A phrased answer takes the place of the rules' own sentence."""
    out: list[dict[str, str]] = []
    rules = 0  # where the last sentence stands that a model may say in its own words
    for e in events:
        if e["type"] == "message":
            if e.get("phrased") and out:
                out[rules]["content"] = visible(e["text"])
                continue
            rules = rules if e.get("quotes") else len(out)
            own = e["role"] == "assistant" and not e.get("quotes")
            out.append({"role": e["role"], "content": visible(unmarked(e["text"]) if own else e["text"])})
    return out


def unmarked(text: str) -> str:
    """Our own marks of emphasis taken out: the chat shows text as it is."""
    text = re.sub(r"\*\*([^*\n]+)\*\*", r"\1", text)
    return re.sub(r"(?<![\w*])\*([A-Za-z][\w -]{1,24})\*(?![\w*])", r"\1", text)


def stage(events: list[dict[str, Any]], waiting: bool, run: dict[str, Any] | None) -> str:
    """The step of the stepper."""
    if waiting:
        return "approve"
    if run:
        status = run.get("status")
        return {"finished": "use", "evaluating": "check"}.get(str(status), "train")
    return "plan" if last_event(events, "data_report") else "data"
