"""Which values a search tries next, and for how long: a pure function of what it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.orders import Objective, SearchSettings
from tools.search.kinds import TUNING, covers, ends, has
from tools.search.points import apart, grid, spread
from tools.search.seen import Choice, Seen, beaten
from tools.search.suggesting import suggested
from tools.search.timetable import Slot, timetable

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


def ranked(them: list[Seen], goals: Sequence[Objective]) -> list[Seen]:
    """The best first: by the number of others that beat it in everything (Fonseca and Fleming 1993), then by loss."""
    return sorted(them, key=lambda t: (beaten(t, them, goals) if len(goals) > 1 else 0, _loss(t)))


def choose(settings: SearchSettings, own: dict[str, Any], seen: list[Seen]) -> Choice | None:
    """The next training; None while it depends on trainings that are still under way.

    own: the plan's own values, where they lie in the space. Raises IndexError when the timetable has ended.
    """
    slot = timetable(settings)[len(seen)]
    if slot.purpose == "plan":
        if covers(settings, own):
            return Choice(own, slot.share, "plan")
        return Choice(_completed(settings, own, seen, slot.share), slot.share, "sample")
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

    The best rate changes with the length of a training, and not everywhere alike: what is carried on is tried with
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
        low, high = ends(settings, "learning_rate", values)
        if not tried and low <= rate <= high:
            return Choice(values, slot.share, "step", best.number)
    return None


def _carried(settings: SearchSettings, seen: list[Seen], slot: Slot) -> Choice | None:
    """The best of the shorter share that was not carried further yet, nor one much like it; None without any."""
    known = [t.values for t in seen if t.share >= slot.share]
    able = [t for t in seen if t.share == slot.below and t.state == "complete" and t.values not in known]
    best_first = ranked(able, settings.objectives)
    other = [t for t in best_first if all(apart(settings, t.values, one) > ALIKE for one in known)]
    best = next(iter(other or best_first), None)
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


def _completed(settings: SearchSettings, own: dict[str, Any], seen: list[Seen], share: float) -> dict[str, Any]:
    """The plan's own values where they lie in the space, new ones for the rest: of its kind, where that is tried."""
    if TUNING not in settings.space:
        return suggested(settings, seen, share) | own
    if TUNING not in own:
        return suggested(settings, seen, share)
    points = (spread(settings, i) for i in range(100))
    found = next((p for p in points if p[TUNING] == own[TUNING]), {})
    return found | {name: value for name, value in own.items() if has(settings, own, name)}


def _within(settings: SearchSettings, values: dict[str, Any], own: dict[str, Any], seen: list[Seen]) -> dict[str, Any]:
    """A past run's values, moved into the space of its kind."""
    missing = own if covers(settings, own) else _completed(settings, own, seen, 1.0)
    out: dict[str, Any] = {}
    if TUNING in settings.space:
        known = values.get(TUNING) in settings.space[TUNING]["choices"]
        out[TUNING] = values[TUNING] if known else missing[TUNING]
    for name in settings.space:
        if name not in out and has(settings, out, name):
            out[name] = _moved(settings, name, out, [values.get(name), missing.get(name)])
    return out


def _moved(settings: SearchSettings, name: str, kind: dict[str, Any], wanted: list[Any]) -> Any:
    """The first of some values that can be, at the edge of its range if need be; the middle of it where none can."""
    spec, said = settings.space[name], [value for value in wanted if value is not None]
    if "choices" in spec:
        return next((value for value in said if value in spec["choices"]), spec["choices"][len(spec["choices"]) // 2])
    low, high = ends(settings, name, kind)
    return min(high, max(low, said[0])) if said else low + (high - low) / 2
