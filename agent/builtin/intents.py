"""From facts to an intent: rules add up scores, the best one wins."""

from __future__ import annotations

from functools import lru_cache
from typing import get_args

from agent.builtin.data import table
from agent.situation import Intent

ORDER: tuple[Intent, ...] = get_args(Intent)


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[str, float, tuple[tuple[str, ...], ...], tuple[str, ...]], ...]:
    rows = []
    for line in table("rules.yaml"):
        intent, weight, *conditions = str(line).split()
        wanted = tuple(tuple(c.split("|")) for c in conditions if not c.startswith("!"))
        rows.append((intent, float(weight), wanted, tuple(c[1:] for c in conditions if c.startswith("!"))))
    return tuple(rows)


def scores(facts: set[str]) -> dict[str, float]:
    """The sum of the weights of all rules that hold, for each intent."""
    total: dict[str, float] = {}
    for intent, weight, wanted, denied in _rules():
        if all(any(name in facts for name in group) for group in wanted) and not facts.intersection(denied):
            total[intent] = total.get(intent, 0.0) + weight
    return total


def decide(facts: set[str]) -> tuple[Intent, float, dict[str, float]]:
    """The intent, how sure it is (0 to 1), and all scores."""
    total = scores(facts)
    if not total:
        return "clarify", 0.3, total
    ranked = sorted(ORDER, key=lambda i: -total.get(i, 0.0))
    first, second = total.get(ranked[0], 0.0), total.get(ranked[1], 0.0)
    margin = (first - second) / max(first, 1.0)
    return ranked[0], round(min(1.0, 0.45 + 0.05 * first * margin + 0.3 * margin), 3), total
