"""The rows new ones are made from: all of a small file, of a large one the rare classes and a sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from trainer.data.doctor.languages import language_of
from trainer.data.formats import Shape
from trainer.data.more.marks import mark_of
from trainer.data.more.prompted import asked, labelled, usable
from trainer.data.more.sieve import COMPARED
from trainer.data.sources.source import Row, Source
from trainer.errors import UserFacingError

MOST_LABELS = 2000
"""Different labels above which they are no classes."""
LOOKED_AT = 200
"""Rows whose language is looked at."""


@dataclass(frozen=True)
class Stock:
    """Row number (from 1) -> row, for those that may be drawn from."""

    rows: dict[int, Row]
    """With a question and an answer (or label)."""
    unanswered: dict[int, Row]
    """With a question only."""
    shape: Shape
    labels: Counter[str]
    """Label -> rows of the whole file; empty where there are no classes."""
    total: int
    language: str
    """ISO 639-1 code of what is asked in most rows; '' where it can't be told."""

    @property
    def asked(self) -> dict[int, str]:
        """What each of the rows asks."""
        return {n: asked(row, self.shape) for n, row in self.rows.items()}

    def of(self, label: str) -> list[int]:
        """Numbers of the rows with a label."""
        return [n for n, row in self.rows.items() if labelled(row, self.shape) == label]


def stocked(source: Source, shape: Shape, most: int = COMPARED, seed: int = 42) -> Stock:
    """Read a file (twice, if it has more than `most` rows). Synthetic rows are left out: no copies of copies."""
    labels: Counter[str] = Counter()
    rows: dict[int, Row] = {}
    total = 0
    for n, row in _own_rows(source):
        total += 1
        if len(labels) <= MOST_LABELS:
            labels[labelled(row, shape)] += 1
        if total <= most and asked(row, shape).strip():
            rows[n] = row
    labels.pop("", None)
    classes = labels if "label" in shape.roles and 1 < len(labels) <= MOST_LABELS else Counter[str]()
    if total > most:
        rows = _sampled(source, shape, classes, total, Random(seed), most)
    whole = {n: row for n, row in rows.items() if usable(row, shape)}
    if not whole:
        raise UserFacingError("has no row of your own with question and answer", source.path.name, "Check the columns.")
    unanswered = {n: row for n, row in rows.items() if n not in whole}
    return Stock(whole, unanswered, shape, classes, total, _language([asked(r, shape) for r in whole.values()]))


def _own_rows(source: Source) -> Iterator[tuple[int, Row]]:
    for chunk in source.chunks():
        for n, row in enumerate(chunk.rows, start=chunk.first):
            if mark_of(row, "synthetic") is not True:
                yield n, row


def _sampled(source: Source, shape: Shape, labels: Counter[str], total: int, rng: Random, most: int) -> dict[int, Row]:
    """About `most` rows drawn by lot, and every row of a class that would be hardly among them."""
    few = {label for label, n in labels.items() if n * most < 100 * total}
    rows: dict[int, Row] = {}
    for n, row in _own_rows(source):
        drawn = rng.random() < most / total
        if (drawn or labelled(row, shape) in few) and asked(row, shape).strip():
            rows[n] = row
    return rows


def _language(texts: list[str]) -> str:
    """Of most rows; of all together where each is too short to tell."""
    step = max(1, len(texts) // LOOKED_AT)
    codes = Counter(language_of(text) for text in texts[::step])
    codes.pop("", None)
    return codes.most_common(1)[0][0] if codes else language_of(" ".join(texts[:20]))
