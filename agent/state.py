"""What a conversation remembers. Plain JSON: it must survive a killed process."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Annotated, Any, TypedDict

from agent.builtin.manner import Manner
from agent.situation import FileFact, Situation
from tools.desk import Desk
from tools.orders import Order
from tools.watching_search import meant_search
from trainer.data.reading import peek
from trainer.runs import ACTIVE

HISTORY = 12
"""Turns a brain is shown."""


class State(TypedDict, total=False):
    """One conversation."""

    inbox: str
    """The message being answered."""
    entry: str
    """How this turn began: text (a message) or lay (an order made by the person)."""
    log: Annotated[list[dict[str, Any]], operator.add]
    """Every event, in order; the page is a fold over it."""
    files: list[str]
    order: dict[str, Any] | None
    order_state: str
    """none, proposed, approved, started."""
    order_number: int
    """Counts the orders laid on the table: part of an approval's id."""
    approval: str
    run_id: str | None
    history: list[dict[str, Any]]
    manner: dict[str, Any]
    """How the person is spoken to: language, register, terms explained."""
    told: dict[str, Any] | None
    """The last call that only told something; said anew when the person wants it in other words."""
    repeat: dict[str, Any]
    """The last tool call, to notice a model that makes it again and again."""
    calls: list[dict[str, Any]]
    """Tool calls to be carried out in this turn."""


def order_of(state: State) -> Order | None:
    """The order on the table."""
    document = state.get("order")
    return Order.model_validate(document) if document else None


def manner_of(state: State) -> Manner:
    """How this person is spoken to."""
    return Manner.model_validate(state.get("manner") or {})


def situation_of(state: State, desk: Desk) -> Situation:
    """The conversation as the brain may see it."""
    order = order_of(state)
    run = _run(desk)
    return Situation(
        state=_name(state, run, meant_search(None, desk) is not None),
        files=_files(state),
        plan=_plan(order),
        run=run,
        runs=[_short(r.id, desk) for r in desk.store.all()[-5:]],
        history=state.get("history", [])[-HISTORY:],
    )


def _name(state: State, run: dict[str, Any] | None, searching: bool) -> Any:
    if state.get("order_state") == "proposed":
        return "plan_proposed"
    if searching:
        return "running"
    if run is None:
        return "no_plan"
    status = run["status"]
    if status in ACTIVE:
        return "running"
    return {"finished": "finished", "stopped": "paused", "died": "paused"}.get(status, "failed")


def _files(state: State) -> list[FileFact]:
    """The newest first: it is the one that 'it' and 'the file' mean."""
    found = []
    for path in reversed(state.get("files", [])):
        columns, rows = peek(Path(path))
        found.append(FileFact(path=path, rows=rows, columns=columns))
    return found


def _plan(order: Order | None) -> dict[str, Any]:
    if order is None or order.proposal is None:
        return {}
    plan = order.proposal.plan
    leaves = {k: v for k, v in plan.leaves().items() if k not in ("goal", "fingerprint", "roles", "model_fingerprint")}
    return leaves | {"effective_batch_size": plan.effective_batch_size}


def _run(desk: Desk) -> dict[str, Any] | None:
    known = {run.id for run in desk.store.all()}
    return _short(desk.run_id, desk) if desk.run_id in known else None


def _short(run_id: str, desk: Desk) -> dict[str, Any]:
    status = desk.store.get(run_id).status()
    return {"run_id": run_id, **{k: status.get(k) for k in ("status", "step", "max_steps")}}
