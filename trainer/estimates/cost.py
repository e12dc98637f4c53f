"""What a run costs in USD: a dated table, or the price a person named. Unknown is never nothing."""

from __future__ import annotations

from trainer.estimates import gpus
from trainer.estimates.ranges import Range, unknown
from trainer.facts import Facts
from trainer.plan import Plan


def cost(plan: Plan, facts: Facts, time: Range) -> Range:
    """From the cheapest matching offer at the shortest time to the dearest at the longest."""
    if plan.compute.backend == "hosted":
        return unknown("USD", "the hosted service bills by its own prices, which I don't know")
    named = plan.budget.gpu_price_per_hour
    if plan.compute.device in {"cpu", "mps"} and named is None:
        why = "runs on this machine; electricity is not counted"
        return Range(low=0.0, high=0.0, unit="USD", basis="formula", why=why)
    if time.low is None or time.high is None:
        return unknown("USD", f"the time is unknown ({time.why})")
    if named is not None:
        return _times(plan, time, (named, named), f"{named:g} USD an hour, as you said")
    return _from_table(plan, facts, time)


def _from_table(plan: Plan, facts: Facts, time: Range) -> Range:
    rows, which = gpus.meant(plan, facts.machine)
    found = gpus.offers(rows)
    if not found:
        about = which or "no GPU was named or found"
        return unknown("USD", f"I have no dated price ({about}); name one with gpu_price_per_hour")
    cheap, dear = (f(found, key=lambda p: p["usd_per_hour"]) for f in (min, max))
    quoted = " to ".join(
        f"{p['usd_per_hour']:.2f} ({p['gpu']}, {p['provider']} {p['tier']}, {p['date']})"
        for p in ([cheap] if cheap is dear else [cheap, dear])
    )
    own = "; on a card of your own only electricity" if facts.machine.gpus else ""
    why = f"USD an hour of one GPU: {quoted}; prices move{own}"
    return _times(plan, time, (cheap["usd_per_hour"], dear["usd_per_hour"]), why)


def _times(plan: Plan, time: Range, prices: tuple[float, float], why: str) -> Range:
    number = plan.compute.num_processes
    hours = ((time.low or 0) / 60, (time.high or 0) / 60)
    return Range(
        low=round(hours[0] * prices[0] * number, 2),
        high=round(hours[1] * prices[1] * number + 0.005, 2),
        unit="USD",
        basis=time.basis,
        why=why,
        terms={"cheapest price an hour": prices[0], "dearest price an hour": prices[1]},
    )
