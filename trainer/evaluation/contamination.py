"""Sealed rows that training gave away: they say nearly the same as a training row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trainer.data.convert import Example
from trainer.data.doctor.near import Signatures
from trainer.evaluation.baselines import asked


def contaminated(train: Sequence[Example], sealed: Sequence[Example]) -> dict[int, int]:
    """Position among the sealed rows -> number of a training row whose question is nearly the same.

    Near: Jaccard similarity of word pairs at least 0.75, 0.85 for rows under twelve words (trainer.data.doctor.near).
    """
    texts = [_text(row) for row in (*train, *sealed)]
    known = Signatures()
    known.see(texts)

    def again(wanted: Sequence[int]) -> Iterator[tuple[list[int], list[str]]]:
        yield list(wanted), [texts[i] for i in wanted]

    found: dict[int, int] = {}
    for group in known.groups(again):
        trained = [i for i in group if i < len(train)]
        if trained:
            found |= {i - len(train): train[trained[0]].row for i in group if i >= len(train)}
    return dict(sorted(found.items()))


def _text(row: Example) -> str:
    return asked(row) if row.messages else row.text
