"""Which intent: what the rules say, weighed anew by the classifier, with the safety gates left to the rules."""

from __future__ import annotations

from agent.builtin import intents
from agent.builtin.learned import learned
from agent.builtin.reading import Reading
from agent.situation import Intent

GATED: tuple[Intent, ...] = ("approve", "start", "resume", "stop", "export")
"""Intents that act at once or write files: only the rules may find them."""
DOUBT = 0.1
"""A refusal of the rules is dropped only where the classifier sees almost none."""
FIRM = {
    "has:config",
    "has:assent",
    "has:unclear_assent",
    "has:absurd",
    "has:impossible",
    "has:ambiguous_file",
    "has:empty_train",
}
"""Facts after which the rules alone decide."""
CLEAR = 30.0
"""A score of the rules that nothing outweighs."""
SHORT, SURE = 5, 0.8
"""In a message of so few words the rules are kept when they are so sure: there is little to weigh."""


def choose(read: Reading, found: set[str]) -> tuple[Intent, float, dict[str, float]]:
    """The intent, how sure it is (0 to 1), and the rules' scores."""
    ruled, confidence, scores = intents.decide(found)
    odds = learned().intent(read.order, found, scores)
    if ruled in GATED or found & FIRM or scores.get(ruled, 0.0) >= CLEAR:
        return ruled, confidence, scores
    if confidence >= SURE and len(read.order.split()) <= SHORT:
        return ruled, confidence, scores
    if ruled == "refuse" and odds.get("refuse", 0.0) >= DOUBT:
        return ruled, confidence, scores
    ranked = sorted(intents.ORDER, key=lambda i: -odds.get(i, 0.0))
    best = next(i for i in ranked if i not in GATED)
    return best, round(odds.get(best, 0.0), 3), scores
