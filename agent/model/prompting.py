"""What a hosted model is shown of a planning turn: short, without rows or paths, and marked as data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from agent.builtin.pasted import split
from agent.model.reply import Message
from agent.model.untrusted import Names, for_model, redacted, shortened
from agent.situation import FileFact, PastTurn, Situation
from prompts import examples, render

SHOWN_TURNS = 4
"""Earlier turns that are told one by one; older ones are counted."""
SHOWN_COLUMNS = 40


def messages(text: str, situation: Situation, names: Names) -> list[Message]:
    """The system prompt with examples and the situation, then the person's message."""
    document = json.dumps(brief(situation, names), ensure_ascii=False).replace("<", "\\u003c")
    system = render("system", situation=document, examples=examples())
    return [{"role": "system", "content": system.text}, {"role": "user", "content": for_model(text)}]


def brief(situation: Situation, names: Names) -> dict[str, Any]:
    """The situation in few words; `names` learns which file or column each alias stands for."""
    files = [_file(f, number, names) for number, f in enumerate(situation.files, 1)]
    older, recent = situation.history[:-SHOWN_TURNS], situation.history[-SHOWN_TURNS:]
    document = {
        "state": situation.state,
        "files": files,
        "plan": {k: _plain(k, v, names) for k, v in situation.plan.items() if _tells(v)},
        "run": situation.run,
        "runs": situation.runs,
        "earlier": _summary(older),
        "history": [_turn(t) for t in recent],
    }
    return {k: v for k, v in document.items() if v}


def _tells(value: Any) -> bool:
    """Whether a plan's value says anything: what is off or empty is known by its absence."""
    return value is not False and value not in (None, "", [])


def _file(fact: FileFact, number: int, names: Names) -> dict[str, Any]:
    columns = [names.shown(c, f"column {n} of file {number}") for n, c in enumerate(fact.columns[:SHOWN_COLUMNS], 1)]
    return {"name": names.shown(Path(fact.path).name, f"file {number}"), "rows": fact.rows, "columns": columns}


def _plain(key: str, value: Any, names: Names) -> Any:
    """A plan's value; a path is shown by its last part, a model by its two."""
    if key == "rewards":
        return [reward["kind"] for reward in value]
    if not isinstance(value, str):
        return value
    shown = value if value.count("/") == 1 and not value.startswith("/") else Path(value).name
    return names.shown(shown, f"the {key} in force", value)


def _turn(turn: PastTurn) -> dict[str, Any]:
    said = shortened(redacted(split(turn.text).own), 300)
    values = {k: v for k, v in turn.slots.items() if isinstance(v, int | float | bool)}
    return {"person": said, "read_as": turn.intent, **({"values": values} if values else {})}


def _summary(turns: list[PastTurn]) -> str:
    """Older turns as counts. Plan and approvals are state of their own and never summarised."""
    if not turns:
        return ""
    kinds = Counter(t.intent.replace("_", " ") for t in turns)
    return f"{len(turns)} earlier messages: " + ", ".join(f"{n} x {kind}" for kind, n in kinds.most_common(5))
