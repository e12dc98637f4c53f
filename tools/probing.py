"""Measuring a plan before it is approved: a few real steps, and the same plan with closer estimates."""

from __future__ import annotations

from collections.abc import Callable

from tools.arguments import Nothing
from tools.desk import Desk, ToolResult
from tools.orders import Order
from tools.wording import Voice
from tools.words import in_english, span
from trainer import probing
from trainer.data.doctor.watch import Progress
from trainer.errors import UserFacingError
from trainer.proposal import Proposal


def probe_plan(args: Nothing, desk: Desk) -> ToolResult:
    """Measure a few real steps of the plan on the table (a minute): closer time and memory. Starts no training."""
    order = desk.order
    if order is None or order.proposal is None or desk.order_state != "proposed":
        raise UserFacingError(
            "there is no plan on the table to measure", "", "Say what you want to train, and on what."
        )
    old = order.proposal
    new = probing.probed(old, _watched(desk))
    laid = Order(kind=order.kind, proposal=new, search=order.search)
    return ToolResult(
        _told(old, new, desk.voice), {"hash": laid.hash}, [laid.paper()], order=laid, file=new.plan.data.dataset_path
    )


def _watched(desk: Desk) -> Callable[[float, float], None] | None:
    """The desk's watch, told of seconds; it may end the probe."""
    watch = desk.watch
    if watch is None:
        return None
    return lambda passed, limit: watch(Progress("measuring a few real steps", round(passed), round(limit), passed))


def _told(old: Proposal, new: Proposal, voice: Voice) -> str:
    """Before and after; the plan itself is the same, and nothing has started."""
    lines = [voice.say("measured")]
    for label, a, b in (
        ("time", old.estimates.time, new.estimates.time),
        ("memory", old.estimates.memory, new.estimates.memory),
    ):
        lines.append(f"{voice.say(label)}: {span(a, voice)} → {span(b, voice)}.")
    lines += in_english([f"- {f.advice}" for f in new.findings if f not in old.findings], voice)
    lines.append(voice.say("blocked_change" if new.blockers else "approve_this"))
    return "\n".join(lines)
