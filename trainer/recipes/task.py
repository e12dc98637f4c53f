"""What is taught, and to which model."""

from __future__ import annotations

from trainer.facts import ModelFacts
from trainer.paths import BUILTIN_MODEL_ID
from trainer.reasons import Ledger, Reason
from trainer.recipes.draft import Draft

_BY_FORMAT = {
    "text_label": "text_classification",
    "text": "domain_adaptation",
    "messages": "chat_assistant",
    "sharegpt": "chat_assistant",
    "alpaca": "instruction_following",
    "prompt_completion": "question_answering",
    "preference": "preference_alignment",
    "kto": "preference_alignment",
}


_OPEN = ("prompt_completion", "messages", "sharegpt", "alpaca")
"""Formats whose rows may teach anything, so that the field of use tells more."""


def task(draft: Draft, field: str | None = None) -> str:
    """What is learned: as said, as usual in the field of use, or as the rows show."""
    data = draft.facts.data
    if field is not None and data.format in _OPEN and "tools" not in data.roles:
        return str(draft.ledger.choose("task", field, Reason(origin="recipe", why="usual in this field of use")))
    guess = _BY_FORMAT[data.format]
    if data.format == "text_label" and not data.label_counts:
        guess = "information_extraction"
    if "tools" in data.roles:
        guess = "tool_calling"
    why = Reason(origin="data", why=f"what rows of the form {data.format} usually teach")
    return str(draft.ledger.choose("task", guess, why))


def base_model(ledger: Ledger, model: ModelFacts) -> str:
    """The named model, else the built-in one."""
    if ledger.said.get("base_model") is None:
        why = "built in: works without a network; small, so name a larger one for real use"
        return str(ledger.note("base_model", BUILTIN_MODEL_ID, Reason(origin="default", why=why)))
    return str(ledger.note("base_model", model.id, Reason(origin="user", why="you said so")))
