"""Setting up a search, and laying its best plan on the table."""

from __future__ import annotations

from tools.arguments import Search
from tools.desk import Desk, ToolResult
from tools.orders import Order, SearchSettings
from tools.search.noise import LEAST
from tools.search.space import checked_space, default_space, describe, own_values
from tools.search.study import Study
from trainer import planfile
from trainer.fields import replace
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
    time = order.planned.estimates.time
    longest = settings.space.get("num_train_epochs", {}).get("high")
    factor = max(1.0, longest / order.planned.plan.schedule.num_train_epochs) if longest else 1.0
    each = (
        "unknown"
        if time.high is None
        else f"about {settings.n_trials * time.high * factor:.0f} minutes at the slow end"
    )
    limit = f", stopped after {settings.max_hours:g} h" if settings.max_hours else ""
    repeated = " The last two repeat the plan and the best with another seed." if settings.n_trials >= LEAST else ""
    return (
        f"Search: {settings.n_trials} trials over {describe(settings)}. {_first(order, settings)}; "
        "the validation loss decides, hopeless trials are stopped early, the hold-out stays sealed."
        f"{repeated} In all {each}{limit}. Approve the search?"
    )


def _first(order: Order, settings: SearchSettings) -> str:
    """Whether the plan's own values lie in the space."""
    outside = [n for n in settings.space if n not in own_values(order.planned.plan, settings.space)]
    if outside:
        return f"The plan's own {', '.join(outside)} lies outside this range, so trial 0 is not the plan"
    return "Trial 0 is the plan itself"


def best_order(study: Study) -> Order | None:
    """The plan that was searched with its best values, ready to be approved; None when there is none."""
    best = study.state().get("best")
    if not best:
        return None
    own = study.order().planned
    proposal = planfile.proposal_from(replace(own.plan, best["params"]))
    found = Reason(origin="search", why=f"best of {study.id}")
    reasons = proposal.reasons | own.reasons | dict.fromkeys(best["params"], found)
    return Order(kind="train", proposal=proposal.model_copy(update={"reasons": reasons}))
