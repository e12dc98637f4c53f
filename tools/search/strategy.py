"""Which values a search tries next, and for how long: a pure function of what it has seen."""

from __future__ import annotations

from typing import Any

from tools.orders import SearchSettings
from tools.search.points import apart, grid
from tools.search.seen import Choice, Seen
from tools.search.timetable import Slot, timetable
from tools.search.tpe import suggested

ALIKE = 0.15
"""Points nearer than this (see `apart`) are one and the same try: the second would teach nothing."""
MIDDLE = 4
"""Short trainings that must have ended before one is measured by them."""
STEP = 0.5
"""Part of its rate that the best whole one is tried with next; then its inverse."""


def best_of(seen: list[Seen]) -> Seen | None:
    """The best whole training."""
    return min((t for t in seen if t.whole), key=_loss, default=None)


def to_beat(seen: list[Seen], share: float) -> tuple[float, ...]:
    """The curve that a training of this share is measured by: of whole ones the best, of shorter ones the middle."""
    known = sorted((t for t in seen if t.share == share and t.state == "complete" and t.losses), key=_loss)
    if share == 1.0:
        return known[0].losses if known else ()
    return known[len(known) // 2].losses if len(known) >= MIDDLE else ()


def _loss(one: Seen) -> float:
    return one.value or 0.0


def choose(settings: SearchSettings, own: dict[str, Any], seen: list[Seen]) -> Choice | None:
    """The next training; None while it depends on trainings that are still under way.

    own: the plan's own values, where they lie in the space. Raises IndexError when the timetable has ended.
    """
    slot = timetable(settings)[len(seen)]
    if slot.purpose == "plan":
        missing = {} if len(own) == len(settings.space) else suggested(settings, seen, slot.share)
        return Choice(missing | own, slot.share, "sample" if missing else "plan")
    if slot.purpose == "past":
        return Choice(_within(settings, settings.starts[slot.which].values, own, seen), slot.share, "past")
    if slot.purpose == "sample":
        return _sample(settings, own, seen, slot)
    waiting = [t for t in seen if t.state == "running" and t.share == slot.below]
    if slot.purpose == "longer":
        done = [t for t in seen if t.share == slot.below and t.state == "complete"]
        return None if waiting and len(waiting) >= len(done) else _longer(settings, own, seen, slot)
    return None if waiting else _again(settings, own, seen, slot)


def _sample(settings: SearchSettings, own: dict[str, Any], seen: list[Seen], slot: Slot) -> Choice:
    if settings.algorithm == "grid":
        values = grid(settings, own)[len(seen)]
        return Choice(values, slot.share, "plan" if values == own else "sample")
    return Choice(suggested(settings, seen, slot.share), slot.share, "sample")


def _longer(settings: SearchSettings, own: dict[str, Any], seen: list[Seen], slot: Slot) -> Choice:
    """Of the length that is due: one step in rate from the best while that helps; else the best of the shorter.

    The best rate changes with the length of a training, mostly downwards: what was best when short is tried with
    half of its rate too, and with twice of it.
    """
    return _stepped(settings, seen, slot) or _carried(settings, seen, slot) or _sample(settings, own, seen, slot)


def _stepped(settings: SearchSettings, seen: list[Seen], slot: Slot) -> Choice | None:
    """The best of this length with half its rate, then with twice its rate; None where both were tried."""
    there = [t for t in seen if t.share == slot.share and t.purpose in ("longer", "step") and t.state == "complete"]
    best = min(there, key=_loss, default=None)
    spec = settings.space.get("learning_rate", {})
    if best is None or "low" not in spec:
        return None
    for way in (STEP, 1 / STEP):
        rate = float(f"{best.values['learning_rate'] * way:.3g}")
        values = best.values | {"learning_rate": rate}
        tried = any(t.values == values for t in seen if t.share >= slot.share)
        if not tried and spec["low"] <= rate <= spec["high"]:
            return Choice(values, slot.share, "step", best.number)
    return None


def _carried(settings: SearchSettings, seen: list[Seen], slot: Slot) -> Choice | None:
    """The best of the shorter share that was not carried further yet, nor one much like it; None without any."""
    known = [t.values for t in seen if t.share >= slot.share]
    able = [t for t in seen if t.share == slot.below and t.state == "complete" and t.values not in known]
    ranked = sorted(able, key=_loss)
    other = [t for t in ranked if all(apart(settings, t.values, values) > ALIKE for values in known)]
    best = next(iter(other or ranked), None)
    return None if best is None else Choice(best.values, slot.share, "longer", best.number)


def _again(settings: SearchSettings, own: dict[str, Any], seen: list[Seen], slot: Slot) -> Choice:
    """Plan and best once more, where both came to their end and are not the same; else one more try."""
    plan = next((t for t in seen if t.whole and t.purpose == "plan"), None)
    best = best_of(seen)
    if plan is None or best is None or best.number == plan.number:
        below = settings.shares[-2] if len(settings.shares) > 1 else 1.0
        return _longer(settings, own, seen, Slot("longer", 1.0, below=below))
    one = (plan, best)[slot.which]
    return Choice(one.values, 1.0, "again", one.number)


def _within(settings: SearchSettings, values: dict[str, Any], own: dict[str, Any], seen: list[Seen]) -> dict[str, Any]:
    """A past run's values, moved into the space that was asked for."""
    missing = own if len(own) == len(settings.space) else suggested(settings, seen, 1.0) | own
    out = {}
    for name, spec in settings.space.items():
        value = values.get(name, missing.get(name))
        if "choices" in spec:
            out[name] = value if value in spec["choices"] else missing[name]
        else:
            out[name] = min(spec["high"], max(spec["low"], value))
    return out
