"""The search command: a search said in words, over a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.builtin.constraints import other_money
from agent.builtin.understand import as_search
from agent.commands import search_order
from agent.model.door import Brain
from agent.situation import Situation
from agent.understanding import read
from tools.arguments import Search
from tools.orders import Order
from tools.search.space import parse_space
from trainer.errors import UserFacingError
from trainer.fields import faults
from trainer.proposal import Proposal


def search_in_words(words: str, proposal: Proposal, brain: Brain, fixed: dict[str, Any]) -> tuple[Order, str]:
    """(the search to approve, a sentence about what of the words could not be taken; '' where all was).

    `fixed`: what was said by options (n_trials, workers, max_hours, search_space as written); it wins over the words.
    """
    slots = _slots(words, proposal, brain)
    said = {k: v for k, v in fixed.items() if v is not None and k != "spaces"}
    if spaces := dict(parse_space(text) for text in fixed.get("spaces") or []):
        said["search_space"] = spaces
    try:
        args = Search.model_validate(slots | said)
    except ValidationError as error:
        raise UserFacingError(faults(error), "search", "Say it with a value that can be.") from None
    order = search_order(proposal, args)
    return order, " ".join(filter(None, [_left(args), _other_money(words)]))


def _left(args: Search) -> str:
    left = ", ".join(sorted(args.unknown.keys()))
    return f"Not taken from your words, for a search can't do it yet: {left}." if left else ""


def _other_money(words: str) -> str:
    """A limit in another currency must not be passed over in silence."""
    said = other_money(words)
    return f"{', '.join(said)}: not taken as a limit, sums are in US dollars here." if said else ""


def _slots(words: str, proposal: Proposal, brain: Brain) -> dict[str, Any]:
    """What a message fixes; the command itself says that a search is meant."""
    where = Situation(state="plan_proposed", plan=proposal.plan.leaves())
    said = read(brain, words, where)
    if said.intent != "search_hyperparameters":
        said = read(brain, f"search hyperparameters: {words}", where)
    slots = said.slots if said.intent == "search_hyperparameters" else as_search(words, where)
    if not slots:
        raise UserFacingError(
            "I can't read a search in these words",
            words[:80],
            "Say for instance: learning rate 1e-5 to 5e-4, 10 trials.",
        )
    return slots


def is_words(target: str) -> bool:
    """Whether a command's argument is a sentence and not a plan's file."""
    return not Path(target).exists() and not target.endswith((".yaml", ".yml", ".json"))
