"""The built-in brain: one message, read against its situation, becomes an intent with values."""

from __future__ import annotations

from typing import Any

from agent.builtin import choosing, facts, reading, slots
from agent.builtin.reading import Reading
from agent.situation import Intent, Situation, Understanding


def understand(text: str, situation: Situation) -> Understanding:
    """Read a message without any language model: what is wanted, with which values."""
    read = reading.read(text, situation)
    found = facts.collect(read)
    intent, confidence, scores = choosing.choose(read, found)
    intent = _guarded(intent, read)
    values = slots.BUILDERS[intent](read, found)
    intent, values = _settled(intent, values, read, found)
    return Understanding(
        intent=intent,
        slots=values,
        secondary_intents=_secondary(intent, found, scores),
        language=read.message.language,
        confidence=confidence,
        directions={k: v for k, v in read.edits.ways.items() if k not in values},
        unknown=[*read.unknown, *(f"{k}={v}" for k, v in read.edits.absurd.items())],
    )


def as_search(text: str, situation: Situation) -> dict[str, Any]:
    """The values of a message that is known to be a search, whatever it reads like."""
    read = reading.read(text, situation)
    return slots.BUILDERS["search_hyperparameters"](read, facts.collect(read))


def _guarded(intent: Intent, read: Reading) -> Intent:
    """Only a plain yes to a plan that is shown is an approval."""
    if intent == "approve" and not (read.assent and read.situation.state == "plan_proposed"):
        return "clarify"
    return intent


def _settled(intent: Intent, values: dict[str, Any], read: Reading, found: set[str]) -> tuple[Intent, dict[str, Any]]:
    """A last look: absurd values are asked about and never taken along."""
    if values.get("dataset_path") == "sample":
        # columns were read from another file
        values = {k: v for k, v in values.items() if not k.endswith("_column")}
    if intent == "revise_plan" and read.edits.absurd and not values:
        return "clarify", slots.BUILDERS["clarify"](read, found | {"has:absurd"})
    return intent, values


def _secondary(intent: Intent, found: set[str], scores: dict[str, float]) -> list[Intent]:
    """What a compound message also asks for, to be done after."""
    more: list[Intent] = []
    if (
        intent in ("inspect_data", "prepare_data")
        and "first_then" in found
        and found & {"train", "plan_word", "has:method"}
    ):
        more.append("propose_plan")
    if intent == "stop" and found & {"export", "has:gguf_quant"}:
        more.append("export")
    if intent == "reject" and "why" in found:
        more.append("advise")
    return more
