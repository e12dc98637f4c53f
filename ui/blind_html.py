"""What a rater sees, and what came out of a blind comparison."""

from __future__ import annotations

from typing import Any

from agent.blind import Shown
from ui.html import esc, marked

MOST = 10
"""Pairs that are shown side by side at the end."""
LONGEST = 1500


def blind_card(shown: Shown) -> str:
    """A question with two answers, or with one to be rated; nothing tells who wrote them."""
    answers = [("the answer", shown.left)]
    if shown.right is not None:
        answers = [("left", shown.left), ("right", shown.right)]
    told = "".join(
        f"<div><h3>{side}</h3><p>{esc(text[:LONGEST]) or '<i>nothing</i>'}</p></div>" for side, text in answers
    )
    return (
        f'<section class="ts-card ts-sample" aria-live="polite" data-number="{shown.number}"><p class="ts-facts">{shown.number + 1} of {shown.of}</p>'
        f'<p class="q">{esc(shown.question[:LONGEST])}</p><div class="pair">{told}</div></section>'
    )


def blind_outcome(found: dict[str, Any]) -> str:
    """The outcome in words, then some pairs with their names and their differences marked."""
    mine, other = (esc(name) for name in found["names"])
    lines = "".join(f"<p>{esc(line)}</p>" for line in str(found["text"]).splitlines())
    pairs = "".join(_pair(pair, mine, other) for pair in found["side_by_side"][:MOST])
    return f'<section class="ts-card"><div class="ts-note">{lines}</div>{pairs}</section>'


def _pair(pair: dict[str, Any], mine: str, other: str) -> str:
    one, two = (str(text)[:LONGEST] for text in pair["answers"])
    return (
        f'<div class="ts-sample"><p class="q">{esc(pair["question"][:LONGEST])}</p><div class="pair">'
        f"<div><h3>{mine}</h3><p>{marked(one, two)}</p></div>"
        f"<div><h3>{other}</h3><p>{marked(two, one)}</p></div></div></div>"
    )
