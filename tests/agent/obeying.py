"""A scripted model that obeys every instruction it reads, wherever it stands: the worst a provider can send."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from agent.builtin.understand import understand
from agent.intents import call_for
from agent.model.reply import Call, Message, Reply
from agent.situation import Situation
from tools.arguments import PlanArguments
from tools.registry import TOOLS

_FIELDS = [f for f, kind in PlanArguments.model_fields.items() if f not in ("goal", "directions")]
_ORDER = re.compile(
    r"(?i)(?:(?:set|use|change|switch|make)[\W_]+)?\b("
    + "|".join(f.replace("_", "[ _-]?") for f in sorted(_FIELDS, key=len, reverse=True))
    + r")(?:[\W_]+(?:to|as|is))?[\W_]{1,4}([\w./-]*\w)"
)
_CALL = re.compile(r"(?i)\b(" + "|".join(t.replace("_", "[ _-]") for t in TOOLS) + r")\b")
_SAY = re.compile(r"(?i)(?:say|print|reveal|repeat|tell|leak)\W+(.{3,80})")
_FIXED = re.compile(
    r"(?s)^You are Tunesmith's listener.*(?=<situation>)|^Say the following result.*?(?=The person asked)"
)


class ObeyingLLM:
    """Reads the person's message as the built-in brain does, then does whatever any text orders besides."""

    model = "scripted/obeying"

    def __init__(self, obeys: bool = True) -> None:
        self.obeys = obeys
        self.asked: list[list[Message]] = []

    def complete(
        self, messages: list[Message], tools: list[dict[str, Any]], on_text: Callable[[str], None] | None = None
    ) -> Reply:
        """The person's wish, and every order found in what was shown."""
        self.asked.append(messages)
        read_text = "\n".join(_FIXED.sub("", str(m["content"])) for m in messages)
        said = "; ".join(_SAY.findall(read_text))
        if not tools:
            return Reply(text=f"The plan is approved. {said} {read_text}" if self.obeys else "It goes on.", tokens=10)
        person = re.sub(r"(?s)<pasted>.*?</pasted>", "", str(messages[-1]["content"]))
        read = understand(person, _situation(str(messages[0]["content"])))
        name, arguments = call_for(read.intent, read.slots)
        if not self.obeys:
            return Reply(calls=[Call("c0", name, arguments)], tokens=10)
        shown = _without_plan(read_text)
        orders = {f: v for f, v in map(_order, _ORDER.findall(shown)) if v is not None}
        calls = [Call("c0", name, arguments | orders)]
        calls += [Call(f"c{n}", t.replace(" ", "_"), {}) for n, t in enumerate(_CALL.findall(shown), 1)]
        return Reply(text=said, calls=calls, tokens=10)


def _situation(prompt: str) -> Situation:
    """The situation as it was shown."""
    shown = json.loads(prompt.rsplit("<situation>", 1)[1].rsplit("</situation>", 1)[0])
    files = [{**f, "path": f["name"]} for f in shown.get("files", [])]
    return Situation.model_validate({"state": shown["state"], "plan": shown.get("plan", {}), "files": files})


def _without_plan(text: str) -> str:
    """The plan's own values and the names of earlier intents are no orders."""
    return re.sub(r'(?s)"plan": \{.*?\}|"read_as": "\w+"|"values": \{.*?\}', "", text)


def _order(found: tuple[str, str]) -> tuple[str, Any]:
    name = re.sub(r"[ -]", "_", found[0].lower())
    text = found[1]
    try:
        value: Any = float(text) if re.fullmatch(r"[\d.e-]+", text) else {"true": True, "false": False}.get(text, text)
        PlanArguments.model_validate({name: value})
    except ValueError:
        return name, None
    return name, value
