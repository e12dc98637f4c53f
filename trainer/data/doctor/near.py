"""Near-duplicates: MinHash signatures, candidates by bands, doubtful pairs checked exactly.

A row is cut into words (letters and digits; in rows of SHORT words and more any number is the same, so that
'closed on 3 May' and 'closed on 12 May' are alike; Chinese, Japanese and Thai by letter) and into pairs of
neighbouring words.
Two rows are near-duplicates when the Jaccard similarity of these sets is at least SIMILAR.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from trainer.data.doctor.alike import Floats, Grouping
from trainer.data.doctor.series import series

HASHES = 60
BANDS = 12
SHORT = 12
"""Words under which one word may change everything."""
_SEED = 42
_RANDOM = np.random.default_rng(_SEED)
_A = _RANDOM.integers(0, 2**31, HASHES, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_B = _RANDOM.integers(0, 2**32, HASHES, dtype=np.uint32)
_MARKS = list(".,;:!?()[]{}<>\"'`´’‘“”„«»…–—-_/\\|*#+=~^&%$@\n\t\r¿¡、。，！？：；（）「」『』·•")
"""What parts words, besides blanks."""
_BY_LETTER = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}])"
Reader = Callable[[Sequence[int]], Iterable[tuple[list[int], list[str]]]]
"""Gives the texts of some positions again, in parts: (positions, their texts)."""


def word_pairs(texts: Sequence[str]) -> tuple[Floats, Floats]:
    """(hashes of all rows' word pairs, one after the other; where each row begins, plus the end)."""
    column = series(texts).str.to_lowercase()
    long = column.str.count_matches(" ", literal=True) >= SHORT - 1
    column = column.str.replace_all("[0-9]+", "0").zip_with(long, column) if long.any() else column
    if column.str.contains(_BY_LETTER).any():
        column = column.str.replace_all(_BY_LETTER, " $1 ")
    words = column.str.replace_many(_MARKS, [" "] * len(_MARKS)).str.split(" ")
    counts, flat = words.list.len().to_numpy().astype(np.int64), words.explode()
    ends, kept = _without_blanks((flat != "").to_numpy(), counts)
    hashed = flat.hash(_SEED).to_numpy()[kept]
    pairs = hashed * np.uint64(0x9E3779B97F4A7C15) ^ np.roll(hashed, -1)
    pairs[ends - 1] = hashed[ends - 1]  # the last word of a row stands alone
    return pairs, np.concatenate([[0], ends]).astype(np.uint64)


def _without_blanks(filled: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """(where each row ends, which words stay) when empty words go; a row of nothing else keeps its first."""
    starts = np.cumsum(counts) - counts
    kept = filled.copy()
    kept[starts[np.add.reduceat(filled, starts, dtype=np.int64) == 0]] = True
    return np.cumsum(np.add.reduceat(kept, starts, dtype=np.int64)), kept


def minhashes(pairs: Floats, starts: Floats) -> Floats:
    """MinHash signatures (rows x HASHES, uint32): the least value of each of HASHES random hash functions a x + b.

    Broder, 'On the resemblance and containment of documents' (1997). numpy does it in a third of the time that
    libraries need to hand their signatures over as Python numbers.
    """
    values, begins = (pairs >> np.uint64(32)).astype(np.uint32), starts[:-1].astype(np.int64)
    out = np.empty((HASHES, len(begins)), np.uint32)
    for a, b, row in zip(_A, _B, out, strict=True):
        np.minimum.reduceat(values * a + b, begins, out=row)
    return np.ascontiguousarray(out.T)


class Signatures:
    """Signatures of all rows. Memory: 120 + 48 bytes a row."""

    def __init__(self) -> None:
        self._signatures: list[Floats] = []
        self._bands: list[Floats] = []
        self._words: list[Floats] = []

    def see(self, texts: Sequence[str]) -> None:
        """The next rows' texts."""
        pairs, starts = word_pairs(texts)
        full = minhashes(pairs, starts)
        self._signatures.append(full.astype(np.uint16))
        self._bands.append(_bands(full))
        self._words.append(np.minimum(np.diff(starts.astype(np.int64)), 65535).astype(np.uint16))

    def groups(self, texts_of: Reader) -> list[list[int]]:
        """Groups of positions (from 0) that say the same, the first of each group its leader."""
        if not self._signatures:
            return []
        short = np.concatenate(self._words) < SHORT
        grouping = Grouping(_taken(self._signatures), _taken(self._bands), short)
        return grouping.groups(lambda wanted: _word_sets(texts_of(wanted)))


def _taken(parts: list[Floats]) -> Floats:
    """The parts as one array; they themselves are let go, so that memory holds them once."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def _bands(full: Floats) -> Floats:
    """BANDS hashes a row, each over HASHES / BANDS values."""
    parts = full.reshape(len(full), BANDS, -1).astype(np.uint64)
    mixed = np.zeros(parts.shape[:2], np.uint64)
    for k in range(parts.shape[2]):
        mixed = (mixed ^ parts[:, :, k]) * np.uint64(0x100000001B3) + np.uint64(0x9E3779B9)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _word_sets(parts: Iterable[tuple[list[int], list[str]]]) -> Iterator[tuple[int, Floats]]:
    """(position, its different word pairs, sorted)."""
    for positions, texts in parts:
        pairs, starts = word_pairs(texts)
        for position, begin, end in zip(positions, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            yield position, np.unique(pairs[begin:end])
