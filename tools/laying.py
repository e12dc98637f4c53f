"""A preparation put on the table, and the plan that shall follow it."""

from __future__ import annotations

from tools.arguments import PlanArguments
from tools.desk import Desk, ToolResult
from tools.orders import Order
from tools.preparing_words import preparation_words
from tools.words import in_english
from trainer.errors import UserFacingError
from trainer.preparing import Preparation
from trainer.wishes import Wishes

LATER = "The training plan is made on the new file, as soon as it is written."


def waiting(desk: Desk) -> Preparation | None:
    """The preparation that waits for a person, if any."""
    return desk.order.preparation if desk.order is not None and desk.order_state == "proposed" else None


def laid(preparation: Preparation, desk: Desk, notes: list[str]) -> ToolResult:
    """A preparation on the table, in words and as a paper for the page."""
    order = Order(kind="prepare", preparation=preparation)
    later = [LATER] if preparation.then is not None else []
    say = "\n".join(in_english([*notes, *preparation_words(preparation), *later], desk.voice))
    return ToolResult(say, {"hash": order.hash}, [order.paper()], order=order, file=preparation.dataset_path)


def planned_later(args: PlanArguments, desk: Desk) -> ToolResult:
    """A plan wished or changed while a preparation waits: it is made on the new file, once that is written."""
    old = waiting(desk)
    if old is None:
        raise UserFacingError("no preparation is on the table", "", "Ask for the plan itself.")
    later = args.wishes().model_copy(update={"dataset_path": None})
    wishes = Wishes(**(old.then or {})).merged(later)
    return laid(old.model_copy(update={"then": wishes.said()}), desk, [])
