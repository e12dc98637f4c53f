"""Setting up a search, and laying its best plan on the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.arguments import Search
from tools.desk import Desk, ToolResult
from tools.orders import Order, SearchSettings
from tools.search.kinds import RATE, TUNING, covers, has, kinds_for
from tools.search.past import params_of, rows_of, starts_for
from tools.search.plans import checked_ties, with_values
from tools.search.points import grid
from tools.search.space import checked_space, default_space, describe, kinds_said, own_values
from tools.search.study import Study
from tools.search.timetable import shares_for, timetable, wholes
from tools.words import number
from trainer import planfile
from trainer.fields import validated
from trainer.plan import Plan
from trainer.proposal import Proposal, propose
from trainer.reasons import Reason
from trainer.wishes import Wishes


def search_hyperparameters(args: Search, desk: Desk) -> ToolResult:
    """Lay a search over some of the plan's values on the table; starts nothing."""
    proposal = desk.proposal
    if proposal is None:
        proposal = propose(desk.data_file(None), Wishes(goal="search for better settings"))
    settings = _settings(args, proposal, desk.home)
    order = Order(kind="search", proposal=proposal, search=settings)
    event = {"type": "plan", "hash": order.hash, "diff": {}, "order": order.model_dump(mode="json")}
    return ToolResult(search_terms(order), {"hash": order.hash, "space": settings.space}, [event], order=order)


def _settings(args: Search, proposal: Proposal, home: Path) -> SearchSettings:
    """What was asked for, made whole from the plan, what is published and what was found before."""
    plan = proposal.plan
    rows, params = rows_of(proposal), params_of(plan)
    choices = kinds_said(args.search_space, args.search_fields, plan)
    kinds = kinds_for(proposal, choices, RATE not in args.search_space) if choices else {}
    like = [validated(plan.model_dump(mode="json") | {"adapter": kind.adapter}) for kind in kinds.values()]
    space = _space(args, plan, choices, like, (rows, params))
    fine = args.search_algorithm == "optuna"
    wanted = SearchSettings(
        n_trials=args.n_trials,
        max_hours=_hours(args, proposal),
        max_usd=args.budget_usd,
        space=space,
        kinds=kinds,
        tied=checked_ties(args.tied, space, plan),
        shares=shares_for(proposal.estimates.steps, args.n_trials) if fine else (1.0,),
        starts=starts_for(proposal, space, home) if fine else (),
        workers=args.workers,
        algorithm=args.search_algorithm,
        objectives=tuple(dict.fromkeys(["loss", *args.search_objectives])),
        max_gb=args.max_gpu_gb,
        prune=args.early_stop_trials is not False,
    )
    if wanted.algorithm == "grid":  # as many as there are combinations: none is trained twice
        count = len(grid(wanted, own_values(plan, space)))
        wanted = wanted.model_copy(update={"n_trials": min(count, wanted.n_trials)})
    return wanted


def _space(args: Search, plan: Plan, choices: list[str], like: list[Plan], size: tuple[int, int]) -> dict[str, Any]:
    """The ranges that were said, and published ones for what was only named."""
    space = checked_space(args.search_space, plan, like)
    if TUNING in space:
        space[TUNING] = {"choices": choices}
    named = [name for name in args.search_fields if name not in space]
    if named or not space:
        space |= default_space(plan, named, *size, like=like)
    if list(space) == [TUNING]:  # kinds are only weighed fairly where each may have a rate that fits it
        space |= default_space(plan, [RATE], *size)
    return space


def _hours(args: Search, proposal: Proposal) -> float | None:
    """The time that was said, or what the money buys at the dearest price, whichever ends sooner."""
    price = proposal.estimates.cost.terms.get("dearest price an hour")
    if args.budget_usd is None or not price:
        return args.max_hours
    compute = proposal.plan.compute
    devices = compute.num_processes * (args.workers if compute.backend == "ray" else 1)
    bought = args.budget_usd / (float(price) * devices)
    return min(bought, args.max_hours or bought)


def search_terms(order: Order) -> str:
    """What a search would do, for its card."""
    settings = order.search or SearchSettings(n_trials=1, space={})
    return " ".join(
        filter(
            None,
            [
                f"Search: {settings.n_trials} trials over {describe(settings)}. {_first(order, settings)};",
                f"{_goal_words(settings)}, the hold-out stays sealed.",
                _shares_words(settings),
                _starts_words(settings),
                _again_words(settings, covers(settings, own_values(order.planned.plan, settings.space))),
                _time_words(order, settings),
                "Approve the search?",
            ],
        )
    )


WANTED = {"loss": "validation loss", "time": "time of a training", "size": "numbers that are trained"}


def _goal_words(settings: SearchSettings) -> str:
    """What decides, and what is not tried or not carried to its end."""
    goals = " and ".join(WANTED[o] for o in settings.objectives)
    several = len(settings.objectives) > 1
    told = f"{goals} are weighed against each other" if several else f"the {goals} decides"
    if settings.prune and not several:
        told += ", hopeless trials are stopped early"
    return told + (f", none is begun that would need over {settings.max_gb:g} GB" if settings.max_gb else "")


def _shares_words(settings: SearchSettings) -> str:
    if len(settings.shares) == 1:
        return ""
    counts = {share: sum(slot.share == share for slot in timetable(settings)) for share in settings.shares}
    told = ", ".join(f"{count} for {'all' if s == 1 else f'{s:.0%}'} of the steps" for s, count in counts.items())
    return f"Trained {told}: the better ones go on, in all about as much as {wholes(settings):.1f} whole trainings."


def _starts_words(settings: SearchSettings) -> str:
    told = [
        f"{s.source} ({s.why}): {', '.join(f'{k} {number(v)}' for k, v in s.values.items())}" for s in settings.starts
    ]
    return f"It also starts from what was good before: {'; '.join(told)}." if told else ""


def _again_words(settings: SearchSettings, inside: bool) -> str:
    repeats = inside and any(slot.purpose == "again" for slot in timetable(settings))
    return "The last two repeat the plan and the best with another seed." if repeats else ""


def _time_words(order: Order, settings: SearchSettings) -> str:
    time = order.planned.estimates.time
    epochs = settings.space.get("num_train_epochs", {})
    longest = max(epochs.get("choices") or [epochs.get("high")], default=None) if epochs else None
    factor = max(1.0, longest / order.planned.plan.schedule.num_train_epochs) if longest else 1.0
    each = (
        "How long that takes I can't tell before it has begun"
        if time.high is None
        else f"In all about {wholes(settings) * time.high * factor:.0f} minutes at the slow end"
    )
    limit = f", stopped after {settings.max_hours:.3g} h" if settings.max_hours else ""
    return f"{each}{limit}.{_money_words(order, settings)}"


def _money_words(order: Order, settings: SearchSettings) -> str:
    """What a sum of money means here: hours, or nothing where no price is known, and that is said."""
    if settings.max_usd is None:
        return ""
    if order.planned.estimates.cost.terms.get("dearest price an hour"):
        return f" {settings.max_usd:g} USD buy that much at the dearest price I know."
    ends = "the time" if settings.max_hours else "the number of trials"
    return (
        f" I can't hold it to {settings.max_usd:g} USD: I know no price an hour here, so only {ends} ends it. "
        "Name a price with gpu_price_per_hour."
    )


def _first(order: Order, settings: SearchSettings) -> str:
    """Whether the plan's own values lie in the space."""
    known = own_values(order.planned.plan, settings.space)
    outside = [n for n in settings.space if n not in known and has(settings, known, n)]
    if outside:
        return f"The plan's own {', '.join(outside)} lies outside this range, so trial 0 is not the plan"
    own = own_values(order.planned.plan, settings.space)
    if settings.algorithm == "grid" and grid(settings, own)[0] != own:
        return "The plan's own values are none of the combinations, so it is not among the trials"
    return "Trial 0 is the plan itself"


def best_order(study: Study) -> Order | None:
    """The plan that was searched with its best values, ready to be approved; None when there is none."""
    best = study.state().get("best")
    if not best:
        return None
    order = study.order()
    own, settings = order.planned, order.search or SearchSettings(n_trials=1, space={})
    plan = with_values(own.plan, best["params"], settings)
    proposal = planfile.proposal_from(plan)
    found = Reason(origin="search", why=f"best of {study.id}")
    reasons = proposal.reasons | own.reasons | dict.fromkeys([*best["params"], *settings.tied], found)
    return Order(kind="train", proposal=proposal.model_copy(update={"reasons": reasons}))
