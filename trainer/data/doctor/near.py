"""Near-duplicates: MinHash signatures (rensa), candidates by bands, doubtful pairs checked exactly.

A row is cut into words (letters and digits; in rows of SHORT words and more any number is the same, so that
'closed on 3 May' and 'closed on 12 May' are alike; Chinese, Japanese and Thai by letter) and into pairs of
neighbouring words.
Two rows are near-duplicates when the Jaccard similarity of these sets is at least SIMILAR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trainer.data.doctor.series import series

HASHES = 64
BANDS = 16
SIMILAR = 0.75
"""Jaccard similarity of word pairs from which two long rows say the same."""
SIMILAR_SHORT = 0.85
"""The same for rows of fewer than SHORT words, where one word may change everything."""
SHORT = 12
STANDARD_ERROR = 0.05
"""Of a likeness estimated from 64 hashes, near the limit."""
UNSURE = 0.14
"""So near to the limit an estimate is checked on the words themselves."""
_SEED = 42
_BY_LETTER = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}])"
Floats = np.ndarray[Any, np.dtype[Any]]


def word_pairs(texts: Sequence[str]) -> tuple[Floats, Floats]:
    """(hashes of all rows' word pairs, one after the other; where each row begins, plus the end)."""
    column = series(texts).str.to_lowercase()
    long = column.str.count_matches(" ", literal=True) >= SHORT - 1
    column = column.str.replace_all("[0-9]+", "0").zip_with(long, column) if long.any() else column
    if column.str.contains(_BY_LETTER).any():
        column = column.str.replace_all(_BY_LETTER, " $1 ")
    words = column.str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ").str.strip_chars().str.split(" ")
    ends = np.cumsum(words.list.len().to_numpy().astype(np.int64))
    hashed = words.explode().hash(_SEED).to_numpy()
    pairs = hashed * np.uint64(0x9E3779B97F4A7C15) ^ np.roll(hashed, -1)
    pairs[ends - 1] = hashed[ends - 1]  # the last word of a row stands alone
    return pairs, np.concatenate([[0], ends]).astype(np.uint64)


class Signatures:
    """Signatures of all rows. Memory: 128 + 64 bytes a row."""

    def __init__(self) -> None:
        self._signatures: list[Floats] = []
        self._bands: list[Floats] = []
        self._words: list[Floats] = []

    def see(self, texts: Sequence[str]) -> None:
        """The next rows' texts."""
        from rensa import RMinHash

        pairs, starts = word_pairs(texts)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(pairs, starts, HASHES, _SEED)
        full = np.array(matrix.to_rows(), dtype=np.uint32)
        self._signatures.append(full.astype(np.uint16))
        self._bands.append(_bands(full))
        self._words.append(np.minimum(np.diff(starts.astype(np.int64)), 65535).astype(np.uint16))

    def groups(self, texts_of: Callable[[Sequence[int]], dict[int, str]]) -> list[list[int]]:
        """Groups of positions (from 0) that say the same, the first of each group its leader."""
        if not self._signatures:
            return []
        return _Grouping(*map(np.concatenate, (self._signatures, self._bands, self._words))).groups(texts_of)


def _bands(full: Floats) -> Floats:
    """BANDS hashes a row, each over HASHES / BANDS values."""
    parts = full.reshape(len(full), BANDS, -1).astype(np.uint64)
    mixed = np.zeros(parts.shape[:2], np.uint64)
    for k in range(parts.shape[2]):
        mixed = (mixed ^ parts[:, :, k]) * np.uint64(0x100000001B3) + np.uint64(0x9E3779B9)
    return (mixed >> np.uint64(32)).astype(np.uint32)


class _Grouping:
    """Every row goes to the first leader it resembles, or leads itself."""

    def __init__(self, signatures: Floats, bands: Floats, words: Floats) -> None:
        self.signatures, self.bands, self.words = signatures, bands, words

    def groups(self, texts_of: Callable[[Sequence[int]], dict[int, str]]) -> list[list[int]]:
        pairs, likeness = self._candidates()
        limit = np.where(np.minimum(*self.words[pairs.T]) < SHORT, SIMILAR_SHORT, SIMILAR) if len(pairs) else likeness
        sure, unsure = likeness >= limit + UNSURE, np.abs(likeness - limit) < UNSURE
        checked = self._checked(pairs[unsure], limit[unsure], texts_of)
        return self._led(np.concatenate([pairs[sure], checked]))

    def _candidates(self) -> tuple[Floats, Floats]:
        """Pairs (a < b) that share a band, and how alike their signatures are."""
        found: list[Floats] = []
        for band in range(self.bands.shape[1]):
            found.append(self._of_band(self.bands[:, band]))
        pairs = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), np.int64)
        return pairs, self._likeness(pairs)

    def _of_band(self, values: Floats) -> Floats:
        """Each row with the one before it in its bucket and with the bucket's first; only pairs worth a look."""
        order = np.argsort(values, kind="stable")
        same = np.concatenate([[False], values[order][1:] == values[order][:-1]])
        heads = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
        at = np.flatnonzero(same)
        pairs = np.concatenate([np.stack([order[heads[at]], order[at]], 1), np.stack([order[at - 1], order[at]], 1)])
        worth: Floats = pairs[self._likeness(pairs) >= SIMILAR - UNSURE]
        return worth

    def _likeness(self, pairs: Floats) -> Floats:
        out = np.empty(len(pairs))
        for start in range(0, len(pairs), 50_000):
            a, b = pairs[start : start + 50_000].T
            out[start : start + 50_000] = (self.signatures[a] == self.signatures[b]).mean(axis=1)
        return out

    def _checked(self, pairs: Floats, limit: Floats, texts_of: Callable[[Sequence[int]], dict[int, str]]) -> Floats:
        """The pairs whose words themselves are alike enough."""
        if not len(pairs):
            return pairs
        wanted = [int(i) for i in np.unique(pairs)]
        texts = texts_of(wanted)
        hashes, starts = word_pairs([texts[i] for i in wanted])
        bounds = starts.astype(np.int64)
        sets = {i: frozenset(hashes[bounds[k] : bounds[k + 1]].tolist()) for k, i in enumerate(wanted)}
        alike = [jaccard(sets[a], sets[b]) >= least for (a, b), least in zip(pairs.tolist(), limit, strict=True)]
        kept: Floats = pairs[np.array(alike, dtype=bool)]
        return kept

    def _led(self, pairs: Floats) -> list[list[int]]:
        """No chains: a row joins a leader it resembles itself, so that A~B~C does not make A and C one."""
        leader: dict[int, int] = {}
        led: dict[int, list[int]] = {}
        for a, b in sorted(pairs.tolist(), key=lambda pair: (pair[1], pair[0])):
            if b in leader:
                continue
            head = leader.get(a, a)
            if head != a and self._likeness(np.array([[head, b]]))[0] < SIMILAR - STANDARD_ERROR:
                continue
            leader[b] = head
            led.setdefault(head, [head]).append(b)
        return [members for _, members in sorted(led.items())]


def jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    """Shared over all, 0 to 1."""
    return len(a & b) / max(1, len(a | b))
