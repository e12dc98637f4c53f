"""A message read once, outside a conversation: the plan command and the scorer."""

from __future__ import annotations

from datetime import date

from pydantic import ValidationError

from agent.approval import read_answer
from agent.intents import intent_of
from agent.listening import Listener
from agent.model.door import BUILTIN, Brain
from agent.model.ledger import Ledger
from agent.situation import FileFact, Situation, Understanding
from tools.arguments import PlanArguments
from trainer.errors import UserFacingError
from trainer.fields import faults
from trainer.paths import home
from trainer.wishes import Wishes


def read(brain: Brain, text: str, situation: Situation) -> Understanding:
    """Intent and slots of a message; a plain yes to a shown plan never reaches a model. A day is one account."""
    if situation.state == "plan_proposed" and read_answer(text) == "approve":
        return Understanding(intent="approve")
    ledger = None if brain.model == BUILTIN else Ledger(home() / f"commands-{date.today()}-model.jsonl")
    calls = Listener(brain, ledger).hear(text, situation).calls
    if not calls:
        return Understanding(intent="clarify")
    first, rest = calls[0], calls[1:]
    return Understanding.model_validate(
        {
            "intent": intent_of(first["name"]),
            "slots": first["arguments"],
            "secondary_intents": [intent_of(c["name"]) for c in rest],
        }
    )


def wishes_from(brain: Brain, words: str, path: str, columns: list[str], rows: int) -> Wishes:
    """The wishes in a goal said in words. Raises UserFacingError for values that can't be."""
    situation = Situation(files=[FileFact(path=path, rows=rows, columns=columns)])
    slots = {k: v for k, v in read(brain, words, situation).slots.items() if k != "dataset_path"}
    try:
        return PlanArguments.model_validate(slots | {"goal": words}).wishes()
    except ValidationError as error:
        raise UserFacingError(faults(error), "", "Say it with a value that can be.") from None
