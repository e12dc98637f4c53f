"""A small linear classifier beside the rules: it weighs their facts and the words of the message.

Trained by `make brain` on the utterances in `lessons/` (multinomial logistic regression), stored in
`weights.npz`. It chooses among intents, and names a symptom, task or topic where the word tables
found none. What acts at once (approve, start, resume,
stop, export) stays with the rules, and a refusal of theirs is hard to outweigh.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

WEIGHTS = Path(__file__).parent / "weights.npz"
BUCKETS = 1 << 15
"""Hash buckets for words, pairs of words and pieces of words."""
TEXT, FACT, SCORE = 3.0, 0.5, 1.0
"""How much the three kinds of features weigh before training: chosen on lessons held apart."""
HEAD_TEXT = 8.0
"""The same for the heads that see words only."""
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_HAN = re.compile("[\u2e80-\u9fff\u0900-\u09ff]")

Features = dict[int, float]
Vector = npt.NDArray[np.float32]


def grams(text: str) -> set[str]:
    """Words, pairs, and three to five letters in a row (one to three in scripts without blanks)."""
    words = ["#" if w.isdigit() else w for w in _WORD.findall(text)]
    found = {"w:" + w for w in words} | {f"b:{a} {b}" for a, b in pairwise(words)}
    for word in filter(str.isalpha, words):
        found |= _pieces(word)
    return found


def _pieces(word: str) -> set[str]:
    if _HAN.match(word):
        return {f"z:{word[k : k + n]}" for n in (1, 2, 3) for k in range(len(word) - n + 1)}
    padded = f"<{word}>"
    return {f"c:{padded[k : k + n]}" for n in (3, 4, 5) for k in range(len(padded) - n + 1)}


def bucket(gram: str) -> int:
    """The hash bucket of a piece of text; the same on every machine."""
    return zlib.crc32(gram.encode()) % BUCKETS


def text_features(text: str, idf: Vector, scale: float, pieces: bool = True) -> Features:
    """Words weighted by how rare they are in the lessons, scaled to one length."""
    found = {bucket(g) for g in grams(text) if pieces or not g.startswith("c:")}
    values = {b: float(idf[b]) for b in found if idf[b] > 0}
    length = sum(v * v for v in values.values()) ** 0.5 or 1.0
    return {b: scale * v / length for b, v in values.items()}


def intent_features(
    text: str, facts: Iterable[str], scores: dict[str, float], idf: Vector, names: dict[str, int]
) -> Features:
    """The words, the rules' facts, and what the rules would say."""
    found = text_features(text, idf, TEXT, pieces=False)
    found |= {BUCKETS + names[f]: FACT for f in facts if f in names}
    top = max(scores.values(), default=0.0) or 1.0
    found |= {BUCKETS + names["score:" + k]: SCORE * v / top for k, v in scores.items() if "score:" + k in names}
    return found


@dataclass(frozen=True)
class Head:
    """One question with its answers."""

    classes: list[str]
    weights: Vector
    """(answers, features)"""
    bias: Vector
    """(answers,)"""

    def probabilities(self, features: Features) -> dict[str, float]:
        """Each answer's probability (softmax)."""
        where = np.fromiter(features, dtype=np.int64, count=len(features))
        values = np.fromiter(features.values(), dtype=np.float32, count=len(features))
        logits = self.weights[:, where] @ values + self.bias
        odds = np.exp(logits - logits.max())
        return dict(zip(self.classes, (odds / odds.sum()).tolist(), strict=True))


class Learned:
    """The trained heads."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        with np.load(path, allow_pickle=False) as stored:
            self.idf: Vector = stored["idf"].astype(np.float32)
            self.names = {str(n): i for i, n in enumerate(stored["names"])}
            self.heads = {name: _head(stored, name) for name in map(str, stored["heads"])}

    def intent(self, text: str, facts: Iterable[str], scores: dict[str, float]) -> dict[str, float]:
        """Each intent's probability."""
        return self.heads["intent"].probabilities(intent_features(text, facts, scores, self.idf, self.names))

    def name(self, slot: str, text: str) -> tuple[str, float]:
        """The likeliest value of `symptom`, `task` or `topic`, with its probability."""
        odds = self.heads[slot].probabilities(text_features(text, self.idf, HEAD_TEXT))
        best = max(odds, key=lambda k: odds[k])
        return best, odds[best]


def likely(slot: str, text: str, least: float) -> list[str]:
    """The likeliest value of a slot where it is at least that likely, else nothing."""
    name, odds = learned().name(slot, text)
    return [name] if odds >= least else []


def _head(stored: np.lib.npyio.NpzFile, name: str) -> Head:
    weights = stored[f"{name}.weights"].astype(np.float32) * stored[f"{name}.scale"]
    return Head([str(c) for c in stored[f"{name}.classes"]], weights, stored[f"{name}.bias"])


@cache
def learned() -> Learned:
    """The stored heads, read once."""
    return Learned()
