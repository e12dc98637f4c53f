"""Setting up a search, and laying its best plan on the table."""

from __future__ import annotations

from pathlib import Path

from tools.arguments import Search
from tools.desk import Desk, ToolResult
from tools.orders import Order, SearchSettings
from tools.search.space import checked_space, default_space, describe
from tools.search.study import Study
from trainer.proposal import propose
from trainer.reasons import Reason
from trainer.wishes import Wishes


def search_hyperparameters(args: Search, desk: Desk) -> ToolResult:
    """Lay a search over some of the plan's values on the table; one approval covers all trials."""
    proposal = desk.proposal
    if proposal is None:
        proposal = propose(desk.data_file(None), Wishes(goal="search for better settings"))
    space = checked_space(args.search_space, proposal.plan) or default_space(proposal.plan, args.search_fields)
    settings = SearchSettings(
        n_trials=args.n_trials,
        max_hours=args.max_hours,
        space=space,
        workers=args.workers,
        algorithm=args.search_algorithm,
    )
    order = Order(kind="search", proposal=proposal, search=settings)
    event = {"type": "plan", "hash": order.hash, "diff": {}, "order": order.model_dump(mode="json")}
    return ToolResult(search_terms(order), {"hash": order.hash, "space": space}, [event], order=order)


def search_terms(order: Order) -> str:
    """What a search would do, for its card."""
    settings = order.search or SearchSettings(n_trials=1, space={})
    time = order.proposal.estimates.time
    each = "unknown" if time.high is None else f"at most about {settings.n_trials * time.high:.0f} minutes"
    limit = f", stopped after {settings.max_hours:g} h" if settings.max_hours else ""
    return (
        f"Search: {settings.n_trials} trials over {describe(settings)}. Trial 0 is the plan itself; "
        "the validation loss decides, hopeless trials are stopped early, the hold-out stays sealed. "
        f"In all {each}{limit}. Approve the search?"
    )


def best_order(study: Study) -> Order | None:
    """The plan with the best values, ready to be approved; None when there is none."""
    state = study.state()
    if not state.get("best"):
        return None
    wishes = Wishes.model_validate(state["wishes"])
    proposal = propose(Path(str(wishes.dataset_path)), wishes)
    found = Reason(origin="search", why=f"best of {study.id}")
    named = [k for k in state["best"]["params"] if k in proposal.reasons]
    reasons = proposal.reasons | dict.fromkeys(named, found)
    return Order(kind="train", proposal=proposal.model_copy(update={"reasons": reasons}))
