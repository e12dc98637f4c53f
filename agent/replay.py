"""Plays a recorded conversation through a reader of messages, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent.builtin.understand import understand
from agent.situation import PastTurn, Situation, Understanding

Read = Callable[[str, Situation], Understanding]
_PLANNING = ("propose_plan", "revise_plan")
_NOT_IN_PLAN = ("missing", "field", "value", "topic", "inspect_checks", "prep_ops")


def replay(item: Mapping[str, Any], read: Read = understand) -> Understanding:
    """What the reader makes of the last turn of `{"turns": [{"user", "context"?}]}`.

    A context holds until a later turn brings another. After a planning turn without one, the plan
    holds what was understood and is shown (`plan_proposed`). Nothing but the words and the
    contexts is looked at.
    """
    situation = Situation()
    result = Understanding(intent="clarify", confidence=0.0)
    turns = list(item["turns"])
    for number, turn in enumerate(turns):
        if turn.get("context") is not None:
            situation = Situation.model_validate({**turn["context"], "history": situation.history})
        result = read(str(turn["user"]), situation)
        following = turns[number + 1] if number + 1 < len(turns) else {}
        situation = after(situation, str(turn["user"]), result, following.get("context") is not None)
    return result


def after(situation: Situation, text: str, read: Understanding, new_context: bool) -> Situation:
    """The situation once a turn has been read."""
    past = PastTurn(text=text, intent=read.intent, slots=read.slots, plan_before=dict(situation.plan))
    changes: dict[str, Any] = {"history": [*situation.history, past]}
    if read.intent in _PLANNING and not new_context:
        kept = {k: v for k, v in read.slots.items() if k not in _NOT_IN_PLAN}
        changes |= {"plan": {**situation.plan, **kept}, "state": "plan_proposed"}
    return situation.model_copy(update=changes)
