"""New rows without a model: the person's own rows, their questions varied, their answers and labels untouched."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from random import Random

from trainer.data.more.plain import NOISES, varied, ways
from trainer.data.more.prompted import asked, asking
from trainer.data.more.request import Request
from trainer.data.more.shares import shares
from trainer.data.more.sieve import Made, Sieve
from trainer.data.more.stock import Stock

ROUNDS = 6
"""Times what is missing is tried again; later rounds vary in two ways at once."""
MOST_A_ROW = 10
"""Variants of one row: more teach a model the row by heart."""


@dataclass(frozen=True)
class Grown:
    """What came of a request."""

    kept: tuple[Made, ...]
    thrown: Counter[str]
    """Reason -> rows that were thrown away."""
    wanted: int

    @property
    def missing(self) -> int:
        """Rows asked for that could not be made."""
        return max(0, self.wanted - len(self.kept))


def grown(stock: Stock, request: Request) -> Grown:
    """Rows by rules. The same stock, request and seed give the same rows."""
    rng = Random(request.seed)
    sieve = Sieve(stock.asked)
    kept: list[Made] = []
    quotas = _quotas(stock, request)
    used: Counter[int] = Counter()
    known = tuple(way for way in ways(stock.language) if way in (request.ways or NOISES))
    for turn in range(ROUNDS):
        made: list[Made] = []
        for quota in quotas:
            done = sum(quota.has(m) for m in kept)
            count = min(quota.wanted - done, quota.room(used))
            made += _drawn(quota, count, stock, used, rng, _Manner(known, 1 + turn // 2))
        if not made:
            break
        kept += sieve.sifted(made, kept)
    return Grown(tuple(kept), sieve.thrown, sum(q.wanted for q in quotas))


@dataclass(frozen=True)
class _Manner:
    """Which ways there are, and how many are taken at once."""

    ways: tuple[str, ...]
    depth: int


@dataclass(frozen=True)
class _Quota:
    wanted: int
    sources: tuple[int, ...]

    def has(self, made: Made) -> bool:
        return made.sources[0] in set(self.sources)

    def room(self, used: Counter[int]) -> int:
        return sum(max(0, MOST_A_ROW - used[n]) for n in self.sources)


def _quotas(stock: Stock, request: Request) -> list[_Quota]:
    if request.how != "rare_classes":
        return [_Quota(request.rows, tuple(stock.rows))]
    wanted = shares(stock.labels, request.rows, request.fill_to)
    return [_Quota(n, tuple(stock.of(label))) for label, n in wanted.items()]


def _drawn(quota: _Quota, count: int, stock: Stock, used: Counter[int], rng: Random, manner: _Manner) -> list[Made]:
    """`count` variants on trial, of the rows that were used least."""
    order = list(quota.sources)
    rng.shuffle(order)
    order.sort(key=lambda n: used[n])
    out: list[Made] = []
    for place in range(max(0, count)):
        n = order[place % len(order)]
        used[n] += 1
        if made := _variant(n, stock, rng, manner):
            out.append(made)
    return out


def _variant(n: int, stock: Stock, rng: Random, manner: _Manner) -> Made | None:
    """One row varied; None where nothing in it can be."""
    row = stock.rows[n]
    text = before = asked(row, stock.shape)
    done: list[str] = []
    known = list(manner.ways)
    rng.shuffle(known)
    for way in known:
        if len(done) == manner.depth:
            break
        after = varied(text, way, rng, stock.language)
        if after != text:
            text = after
            done.append(way)
    if text == before:
        return None
    return Made(asking(row, stock.shape, text), text, (n,), " + ".join(done))


def by_way(made: tuple[Made, ...]) -> dict[str, int]:
    """How many rows were made in which way."""
    counts: dict[str, int] = defaultdict(int)
    for one in made:
        counts[one.by] += 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
