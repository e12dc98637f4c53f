"""Rows with like signatures -> groups. Copies are put together first, so that a file of templates costs no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[Any]]
SIMILAR = 0.75
"""Jaccard similarity of word pairs from which two long rows say the same."""
SIMILAR_SHORT = 0.85
"""The same for short rows."""
STANDARD_ERROR = 0.05
"""Of a likeness estimated from 60 hashes, near the limit."""
UNSURE = 0.14
"""So near to the limit an estimate is checked on the words themselves."""
MOST_CHECKED = 200_000
"""Rows whose words are read again for that; the likeness of further ones stays an estimate."""
BLOCK = 50_000
GLANCE = 12
GLANCE_LEAST = 0.4
"""Most pairs of a bucket differ in their first hashes already; a pair 0.75 alike fails this once in 360 times."""
WordSets = Callable[[Sequence[int]], Iterable[tuple[int, Floats]]]
"""Gives the sorted word pairs of some rows again."""


def jaccard(a: Floats, b: Floats) -> float:
    """Shared over all different values of two sorted arrays, 0 to 1."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / max(1, len(a) + len(b) - shared)


def same(values: Floats) -> list[Floats]:
    """Positions of equal values, groups of two and more, in the order of their first member."""
    order = np.argsort(values, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values[order])) + 1])
    sizes = np.diff(np.concatenate([starts, [len(order)]]))
    groups = [order[start : start + size] for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True)]
    return sorted(groups, key=lambda group: int(group[0]))


class Grouping:
    """Every row goes to the first leader it resembles, or leads itself.

    `signatures` (rows x hashes), `bands` (rows x bands) and `short` (rows) describe all rows.
    """

    def __init__(self, signatures: Floats, bands: Floats, short: Floats) -> None:
        mark = np.zeros(len(signatures), np.uint64)
        for column in signatures.T:
            mark = (mark ^ column) * np.uint64(0x100000001B3) + np.uint64(0x9E3779B9)
        _, self._first, self._kind = np.unique(mark, return_index=True, return_inverse=True)
        order = np.argsort(self._first)
        self._first = self._first[order]
        self._kind = np.argsort(order)[self._kind]
        self._signatures, self._bands, self._short = signatures[self._first], bands[self._first], short[self._first]

    def groups(self, word_sets: WordSets) -> list[list[int]]:
        """Positions that say the same, the first of each group its leader; only groups of two and more."""
        leaders = self._leaders(self._pairs(word_sets))
        group = leaders[self._kind]
        return sorted(part.tolist() for part in same(group))

    def _pairs(self, word_sets: WordSets) -> Floats:
        """Different rows that are alike enough, (earlier, later)."""
        pairs = self._candidates()
        if not len(pairs):
            return pairs
        likeness = self._likeness(pairs)
        limit = np.where(self._short[pairs].any(axis=1), SIMILAR_SHORT, SIMILAR)
        unsure = np.abs(likeness - limit) < UNSURE
        alike = likeness >= limit
        alike[unsure] = self._checked(pairs[unsure], alike[unsure], limit[unsure], word_sets)
        kept: Floats = pairs[alike]
        return kept

    def _candidates(self) -> Floats:
        """Pairs that share a band and are worth a look, each once."""
        many, known = len(self._first), np.empty(0, np.int64)
        for band in self._bands.T:
            pairs = self._of_band(band)
            known = np.union1d(known, pairs[:, 0] * many + pairs[:, 1])
        return np.stack(np.divmod(known, max(1, many)), 1)

    def _of_band(self, values: Floats) -> Floats:
        """Each row with the one before it in its bucket, and with the bucket's first."""
        order = np.argsort(values, kind="stable")
        same = np.concatenate([[False], values[order][1:] == values[order][:-1]])
        heads = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
        at = np.flatnonzero(same)
        pairs = np.concatenate([np.stack([order[heads[at]], order[at]], 1), np.stack([order[at - 1], order[at]], 1)])
        pairs = pairs[self._likeness(pairs, GLANCE) >= GLANCE_LEAST]
        worth: Floats = pairs[self._likeness(pairs) >= SIMILAR - UNSURE]
        return worth

    def _likeness(self, pairs: Floats, hashes: int | None = None) -> Floats:
        """Share of equal hashes (of the first ones): an estimate of the Jaccard similarity."""
        out, signatures = np.empty(len(pairs)), self._signatures[:, :hashes]
        for start in range(0, len(pairs), BLOCK):
            a, b = pairs[start : start + BLOCK].T
            out[start : start + BLOCK] = (signatures[a] == signatures[b]).mean(axis=1)
        return out

    def _checked(self, pairs: Floats, estimate: Floats, limit: Floats, word_sets: WordSets) -> Floats:
        """Whether the words themselves are alike enough; the estimate where they are not read again."""
        rows = np.unique(pairs)[:MOST_CHECKED]
        wanted = self._first[rows]
        words = dict(word_sets([int(position) for position in wanted]))
        known = {int(row): words[int(position)] for row, position in zip(rows, wanted, strict=True)}
        out = estimate.copy()
        for i, (a, b) in enumerate(pairs.tolist()):
            if a in known and b in known:
                out[i] = jaccard(known[a], known[b]) >= limit[i]
        return out

    def _leaders(self, pairs: Floats) -> Floats:
        """Row -> its leader. No chains: a row joins a leader it resembles itself; A~B~C does not make A and C one."""
        leader = np.arange(len(self._first))
        taken = np.zeros(len(leader), bool)
        for a, b in sorted(pairs.tolist(), key=lambda pair: (pair[1], pair[0])):
            head = leader[a]
            if taken[b] or (head != a and self._likeness(np.array([[head, b]]))[0] < SIMILAR - STANDARD_ERROR):
                continue
            leader[b], taken[b] = head, True
        return leader
