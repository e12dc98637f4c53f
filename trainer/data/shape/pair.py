"""Which of two texts is asked and which answers, by their words alone."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.data.shape.columns import Row
from trainer.data.shape.look import Look
from trainer.data.shape.signs import leaning

_LENGTH_VOTE = 0.34
"""A row in which one text is twice as long says a third of what its words would say."""
_MOST = 0.95
"""Words alone are never surer than this."""
_LEAST_WORDS = 0.15
"""Share of rows whose words (not lengths) must speak before a pair is decided."""


@dataclass(frozen=True)
class Verdict:
    """`first` is asked and `second` answers, as far as their words say."""

    first: str
    second: str
    confidence: float
    """0 to 1; below 0.6 better ask."""
    why: str


def order(look: Look, a: str, b: str) -> Verdict:
    """The likelier direction between two columns."""
    both = [(str(x), str(y)) for row in look.rows if (x := row.get(a)) and (y := row.get(b))]
    said = [leaning(x) - leaning(y) for x, y in both]
    for_a, for_b = sum(d > 0 for d in said), sum(d < 0 for d in said)
    words = for_a + for_b
    long_b = sum(d == 0 and len(y) > 2 * len(x) for d, (x, y) in zip(said, both, strict=True))
    long_a = sum(d == 0 and len(x) > 2 * len(y) for d, (x, y) in zip(said, both, strict=True))
    canned = _canned(look, a, b) * len(both)
    votes_a = for_a + _LENGTH_VOTE * long_b + max(canned, 0.0)
    votes_b = for_b + _LENGTH_VOTE * long_a + max(-canned, 0.0)
    first, second = (a, b) if votes_a >= votes_b else (b, a)
    agreed = max(votes_a, votes_b) / max(votes_a + votes_b, 1e-9)
    heard = (words + abs(canned)) / max(len(both), 1)
    confidence = agreed * min(_MOST, 0.55 + 0.45 * heard) if heard >= _LEAST_WORDS else 0.5 * agreed
    return Verdict(first, second, round(confidence, 2), _why(look, first, second, agreed))


def _canned(look: Look, a: str, b: str) -> float:
    """Answers repeat, questions hardly do: above 0 when b repeats."""
    gap = look.signs[a].distinct - look.signs[b].distinct
    return 0.4 * gap if abs(gap) > 0.3 else 0.0


def _why(look: Look, first: str, second: str, agreed: float) -> str:
    asked, told = look.signs[first], look.signs[second]
    parts = [f"in {agreed:.0%} of the telling rows {first} asks and {second} answers"]
    if told.chars > 1.3 * max(asked.chars, 1.0):
        parts.append(f"{told.chars / max(asked.chars, 1.0):.1f} times as long")
    return ", ".join(parts)


def contents(look: Look, first: str, second: str) -> str:
    """What the content adds to a pair known by its names."""
    longer = [len(str(y)) > len(str(x)) for x, y in _filled(look.rows, first, second)]
    parts = [f"{sum(longer) / len(longer):.0%} longer than {first}"] if longer and sum(longer) > len(longer) / 2 else []
    if look.signs[second].replies >= 0.3:
        parts.append(f"{look.signs[second].replies:.0%} worded as a reply")
    return " and ".join(parts)


def _filled(rows: list[Row], first: str, second: str) -> list[tuple[object, object]]:
    return [(x, y) for row in rows if (x := row.get(first)) and (y := row.get(second))]
