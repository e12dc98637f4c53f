"""What needs no language model: a classical classifier, the nearest known answer, always the same answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer import metrics
from trainer.data.convert import Example
from trainer.data.spread import spread

MOST_TRAIN = 50_000
"""Training rows that the baselines learn from at most, spread evenly."""
CANDIDATES, JURY = 60, 40
"""Answers that may stand for all, and those they are compared with."""


def asked(row: Example) -> str:
    """All that was said before the answer, but for what stands before every conversation (the system turn)."""
    return "\n".join(content for role, content in row.messages[:-1] if role != "system")


def classifier(train: Sequence[Example], wanted: Sequence[Example]) -> list[str]:
    """Labels by TF-IDF (words, pairs of words, letter groups) and logistic regression (C = 10)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    rows = spread(list(train), MOST_TRAIN)
    labels = [row.answer.strip() for row in rows]
    if len(set(labels)) < 2:
        return [labels[0]] * len(wanted)
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), max_features=50_000, token_pattern=r"(?u)\S+")
    letters = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 4), max_features=50_000)
    model = make_pipeline(make_union(words, letters), LogisticRegression(C=10, max_iter=300))
    model.fit([asked(row) for row in rows], labels)
    return [str(said) for said in model.predict([asked(row) for row in wanted])]


def constant(train: Sequence[Example], labels: bool) -> str:
    """The one answer that is right most often: the commonest label, or the answer that is most like the others."""
    answers = [row.answer.strip() for row in train]
    if labels:
        return Counter(answers).most_common(1)[0][0]
    tried, jury = spread(list(dict.fromkeys(answers)), CANDIDATES), spread(answers, JURY)
    likeness = [float(metrics.chrf([one] * len(jury), jury).mean()) for one in tried]
    return tried[int(np.argmax(likeness))]


class Nearest:
    """Training rows by likeness of their question (cosine of TF-IDF over words and letter groups)."""

    def __init__(self, train: Sequence[Example]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.rows = spread(list(train), MOST_TRAIN)
        self._vectors = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 4), max_features=50_000)
        self._known = self._vectors.fit_transform([asked(row) for row in self.rows])

    def to(self, wanted: Sequence[Example], most: int) -> list[list[Example]]:
        """For each row the training rows most like it, the nearest first."""
        found: list[list[Example]] = []
        for start in range(0, len(wanted), 256):
            part = self._vectors.transform([asked(row) for row in wanted[start : start + 256]])
            likeness: Any = (part @ self._known.T).toarray()
            order = np.argsort(-likeness, axis=1, kind="stable")[:, :most]
            found += [[self.rows[i] for i in row] for row in order]
        return found
