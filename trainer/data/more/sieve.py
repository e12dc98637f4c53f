"""Which new rows are kept: not a repeat, not odd in length, nothing in them that the source did not have."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from trainer.data.content import marks
from trainer.data.content.check import Span
from trainer.data.content.redaction import FINDERS, found
from trainer.data.doctor.near import Signatures
from trainer.data.sources.source import Row

COMPARED = 50_000
"""Rows of the source that new ones are compared with; of longer files, spread over it."""
SLACK = 1.1
"""Times the longest original that a new text may have, and its reciprocal for the shortest."""
REASONS = {
    "empty": "nothing in it",
    "identical": "the same text as another row",
    "near_duplicate": "says the same as a row it was not made from",
    "too_short": "shorter than any original",
    "too_long": "longer than any original",
    "placeholder": "a placeholder that its source does not have",
    "private": "personal data or a key that its source does not have",
    "unreadable": "replies that are no whole JSON",
    "columns": "replies that don't have the columns of the file",
    "label": "with a label that is not the one asked for, or unknown",
    "kept_part": "a number, name, link or slot of its source is missing or changed",
}


@dataclass(frozen=True)
class Made:
    """A new row on trial."""

    row: Row
    text: str
    """What it asks: this is compared."""
    sources: tuple[int, ...]
    """Row numbers it was made from, from 1."""
    by: str
    judge: int | None = None
    variant: bool = True
    """Whether it says the same as its source on purpose."""


@dataclass
class Sieve:
    """Keeps what is good and counts the rest by reason. `originals` is row number -> what it asks."""

    originals: dict[int, str]
    thrown: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        lengths = [len(t) for t in self.originals.values() if t.strip()] or [1]
        self._shortest, self._longest = min(lengths) / SLACK, max(lengths) * SLACK
        self._plain = {plain(t) for t in self.originals.values()}
        self._seen |= {same(t) for t in self.originals.values()}
        step = max(1, len(self.originals) // COMPARED)
        self._compared = list(self.originals)[::step]

    def sifted(self, made: Sequence[Made], known: Sequence[Made] = ()) -> list[Made]:
        """Those of `made` that are kept beside `known`, kept before."""
        fresh = [m for m in made if not self._thrown(m)]
        return self._without_near(fresh, known)

    def _thrown(self, made: Made) -> bool:
        reason = self._fault(made)
        if reason:
            self.thrown[reason] += 1
        else:
            self._seen.add(same(made.text))
        return bool(reason)

    def _fault(self, made: Made) -> str:
        if not made.text.strip():
            return "empty"
        repeat = same(made.text) in self._seen or (not made.variant and plain(made.text) in self._plain)
        if repeat:
            return "identical"
        if not self._shortest <= len(made.text) <= self._longest:
            return "too_short" if len(made.text) < self._shortest else "too_long"
        return introduced(made.text, " ".join(self.originals.get(n, "") for n in made.sources))

    def _without_near(self, fresh: list[Made], known: Sequence[Made]) -> list[Made]:
        """Left out is what resembles a row outside its own family (its source, and what resembles that)."""
        if not fresh:
            return []
        compared = sorted({*self._compared, *(n for m in (*known, *fresh) for n in m.sources if n in self.originals)})
        texts = [self.originals[n] for n in compared] + [m.text for m in known] + [m.text for m in fresh]
        at = {n: i for i, n in enumerate(compared)}
        leader = leaders(texts)
        first = len(texts) - len(fresh)
        makers = [*([()] * len(compared)), *(m.sources for m in known), *(m.sources for m in fresh)]
        kept = [m for i, m in enumerate(fresh) if _own(first + i, m, leader, at, makers)]
        self.thrown += Counter({"near_duplicate": len(fresh) - len(kept)})
        return kept


def _own(i: int, made: Made, leader: dict[int, int], at: dict[int, int], makers: list[tuple[int, ...]]) -> bool:
    """Whether what a new row resembles, if anything, is of its own family."""
    head = leader.get(i, i)
    if head == i:
        return True
    if not made.variant:
        return False
    family = {leader.get(at[n], at[n]) for n in made.sources if n in at}
    return head in family or bool(set(makers[head]) & set(made.sources))


def leaders(texts: Sequence[str]) -> dict[int, int]:
    """Position -> the first position whose text it resembles; only those that resemble one."""
    signatures = Signatures()
    for start in range(0, len(texts), 4000):
        signatures.see(texts[start : start + 4000])
    groups = signatures.groups(lambda wanted: [(list(wanted), [texts[i] for i in wanted])])
    return {member: group[0] for group in groups for member in group[1:]}


def introduced(text: str, source: str) -> str:
    """A reason to throw a text away for something in it that its source does not have; '' for none."""
    if _new(marks.placeholders(text), text, source):
        return "placeholder"
    return "private" if _new(found(text, FINDERS), text, source) else ""


def _new(spans: list[Span], text: str, source: str) -> bool:
    return any(text[s.start : s.end] not in source for s in spans)


def same(text: str) -> str:
    """Two texts with this in common differ in nothing a reader would see."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def plain(text: str) -> str:
    """Two texts with this in common differ in capitals and marks only."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def said(thrown: Counter[str]) -> str:
    """How many were thrown away and why, in words; '' when none were."""
    return "; ".join(f"{n:,} {REASONS.get(reason, reason)}" for reason, n in thrown.most_common() if n)
