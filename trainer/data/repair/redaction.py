"""Placeholders for private values: the same value gets the same placeholder in the whole file."""

from __future__ import annotations

from collections import Counter

from trainer.data.content.check import Span
from trainer.data.repair.spans import RULE_OF, spans_of


class Redactor:
    """A function of texts. It keeps the values in memory while it works; they are written nowhere."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self.kinds = kinds
        self.known: dict[tuple[str, str], str] = {}
        self.counts: Counter[str] = Counter()

    def __call__(self, text: str) -> str:
        """The text with [EMAIL_1] and the like for what is private."""
        return self.only(self.kinds, text)

    def only(self, kinds: tuple[str, ...], text: str) -> str:
        """The same for some of the kinds."""
        for span in reversed(outermost(spans_of(text, tuple(RULE_OF[kind] for kind in kinds)))):
            text = text[: span.start] + self._placeholder(span.kind, text[span.start : span.end]) + text[span.end :]
        return text

    def _placeholder(self, kind: str, value: str) -> str:
        plain = (kind, "".join(value.lower().split()))
        if plain not in self.known:
            self.counts[kind] += 1
            self.known[plain] = f"[{kind.upper()}_{self.counts[kind]}]"
        return self.known[plain]

    def summary(self) -> str:
        """How many different values were found of each kind."""
        return ", ".join(f"{kind}: {n:,} different values" for kind, n in self.counts.items())


def outermost(spans: list[Span]) -> list[Span]:
    """Spans that don't overlap, in order; of two that do, the one that begins first and is longest."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not out or span.start >= out[-1].end:
            out.append(span)
    return out
