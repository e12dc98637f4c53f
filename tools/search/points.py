"""Points of a space that need no learning: spread evenly over it, or all of a grid."""

from __future__ import annotations

import itertools
import math
from typing import Any

from tools.orders import SearchSettings
from tools.search.kinds import inward, outward
from tools.search.space import WHOLE


def spread(settings: SearchSettings, index: int) -> dict[str, Any]:
    """The index-th point of a scrambled Halton sequence over the space."""
    from scipy.stats import qmc

    points = qmc.Halton(d=len(settings.space), scramble=True, rng=settings.seed)
    points.fast_forward(index)
    where = zip(settings.space.items(), points.random(1)[0], strict=True)
    return outward(settings, {name: _at(name, spec, float(at)) for (name, spec), at in where})


def _at(name: str, spec: dict[str, Any], where: float) -> Any:
    """A value at a share of the way through a range."""
    if "choices" in spec:
        return spec["choices"][min(len(spec["choices"]) - 1, int(where * len(spec["choices"])))]
    low, high = spec["low"], spec["high"]
    value = math.exp(math.log(low) + where * math.log(high / low)) if spec.get("log") else low + where * (high - low)
    return readable(name, spec, value)


def readable(name: str, spec: dict[str, Any], value: Any) -> Any:
    """A value of a range in three digits, as people write them; still in the range."""
    if "choices" in spec or not isinstance(value, float):
        return value
    if name in WHOLE:
        return round(value)
    return min(spec["high"], max(spec["low"], float(f"{value:.3g}")))


def apart(settings: SearchSettings, one: dict[str, Any], other: dict[str, Any]) -> float:
    """How far two points lie from each other: shares of each range, one for another choice, all added up."""
    a, b = inward(settings, one), inward(settings, other)
    return sum(_step(spec, a[name], b[name]) for name, spec in settings.space.items() if name in a and name in b)


def _step(spec: dict[str, Any], a: Any, b: Any) -> float:
    if "choices" in spec:
        return float(a != b)
    if spec.get("log"):
        return abs(math.log(a / b)) / math.log(spec["high"] / spec["low"])
    return float(abs(a - b) / (spec["high"] - spec["low"]))


def grid(settings: SearchSettings, own: dict[str, Any]) -> list[dict[str, Any]]:
    """Every combination, the plan's own first where it is one of them; a range gives its ends and its middle."""
    axes = [
        spec.get("choices") or [_at(name, spec, where) for where in (0.0, 0.5, 1.0)]
        for name, spec in settings.space.items()
    ]
    rows = [outward(settings, dict(zip(settings.space, row, strict=True))) for row in itertools.product(*axes)]
    once = [row for i, row in enumerate(rows) if row not in rows[:i]]  # kinds without a field give it no values
    return sorted(once, key=lambda row: row != own)
