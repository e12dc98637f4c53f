"""A message read through the door: the same path for chat, the plan command and the scorer."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from agent.approval import read_answer
from agent.intents import intent_of
from agent.llm import Brain, DoorError, Message
from agent.situation import FileFact, Situation, Understanding
from prompts import render
from tools.arguments import PlanArguments
from tools.registry import TOOLS
from trainer.errors import UserFacingError
from trainer.fields import faults
from trainer.wishes import Wishes


def messages_for(text: str, situation: Situation) -> list[Message]:
    """What a brain is shown: the rules, the situation as data, the message."""
    # "<" is written as an escape, so that no file or column name can close the block it stands in
    document = situation.model_dump_json(exclude_none=True).replace("<", "\\u003c")
    system = render("system", situation=document)
    return [{"role": "system", "content": system.text}, {"role": "user", "content": text}]


def schemas() -> list[dict[str, Any]]:
    """The tools as chat completion APIs take them."""
    return [tool.schema() for tool in TOOLS.values()]


def read(brain: Brain, text: str, situation: Situation) -> Understanding:
    """Intent and slots of a message; a plain yes to a shown plan never reaches a model."""
    if situation.state == "plan_proposed" and read_answer(text) == "approve":
        return Understanding(intent="approve")
    try:
        reply = brain.complete(messages_for(text, situation), schemas())
    except DoorError as error:
        raise UserFacingError(str(error), "", "Use the built-in brain (unset TUNESMITH_LLM), or try again.") from None
    if not reply.calls:
        return Understanding(intent="clarify")
    first, rest = reply.calls[0], reply.calls[1:]
    return Understanding.model_validate(
        {
            "intent": intent_of(first.name),
            "slots": first.arguments,
            "secondary_intents": [intent_of(c.name) for c in rest],
        }
    )


def wishes_from(brain: Brain, words: str, path: str, columns: list[str], rows: int) -> Wishes:
    """The wishes in a goal said in words. Raises UserFacingError for values that can't be."""
    situation = Situation(files=[FileFact(path=path, rows=rows, columns=columns)])
    slots = read(brain, words, situation).slots
    known = {k: v for k, v in slots.items() if k in PlanArguments.model_fields and k != "dataset_path"}
    try:
        return Wishes(**known | {"goal": words})
    except ValidationError as error:
        raise UserFacingError(faults(error), "", "Say it with a value that can be.") from None
