"""The same said twice: exact and near duplicates, and one prompt with different answers."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import numpy as np

from trainer.data.doctor.alike import same
from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found
from trainer.data.doctor.near import Reader, Signatures

SHORTEST = 3
"""Letters under which a text is too short to be called a repeat."""


class Repeats:
    """Exact and near duplicates of what is learned from; two rows with different labels are none. 220 bytes a row."""

    def __init__(self) -> None:
        self._rows = array("Q")
        self._hashes = array("q")
        self._answers = array("q")
        self._faulty: dict[int, list[int]] = {}
        self._signatures = Signatures()
        self.exact: list[list[int]] = []
        self.near: list[list[int]] = []

    def see(self, batch: Batch) -> None:
        """Every row that says something; a faulty or empty one is compared as a whole row only."""
        said = [len(text) >= SHORTEST for text in batch.learned]
        if not all(said):
            self._set_aside(batch, said)
        if not any(said):
            return
        self._rows.extend(compress(batch.numbers, said))
        self._hashes.extend(map(hash, compress(batch.learned, said)))
        if batch.shape.format == "text_label":
            self._answers.extend(map(hash, compress(batch.answers, said)))
        self._signatures.see(list(compress(batch.compared, said)))

    def _set_aside(self, batch: Batch, said: list[bool]) -> None:
        for number, row, whole in zip(batch.numbers, batch.rows, said, strict=True):
            if not whole:
                self._faulty.setdefault(hash(str(row)), []).append(number)

    def group(self, texts_of: Reader) -> None:
        """Compare all rows; `texts_of` gives the texts of some rows (by number) again."""
        numbers = np.array(self._rows, dtype=np.int64)
        self.exact = [numbers[g].tolist() for g in same(np.array(self._hashes, dtype=np.int64))]
        self.exact += [rows for rows in self._faulty.values() if len(rows) > 1]
        repeats = {row for group in self.exact for row in group[1:]}
        for group in self._signatures.groups(lambda at: _at(at, numbers, texts_of)):
            rows = [int(numbers[i]) for i in self._agreeing(group)]
            kept = [rows[0], *(r for r in rows[1:] if r not in repeats)]
            if len(kept) > 1:
                self.near.append(kept)

    def _agreeing(self, group: list[int]) -> list[int]:
        """Those with the leader's label, where labels are learned."""
        answers = self._answers
        return [i for i in group if answers[i] == answers[group[0]]] if answers else group

    def found(self) -> list[Found]:
        """All but the first of each group."""
        out = []
        for rule, groups in (("exact_duplicates", self.exact), ("near_duplicates", self.near)):
            rows = sorted(row for group in groups for row in group[1:])
            if rows:
                largest = max(groups, key=len)
                facts = {"groups": len(groups), "largest": len(largest), "first": largest[0]}
                out.append(Found(rule, len(rows), rows, facts))
        return out


def _at(positions: Sequence[int], numbers: Any, texts_of: Reader) -> Iterator[tuple[list[int], list[str]]]:
    """Texts by position: the reader knows rows by number."""
    place = {int(numbers[i]): i for i in positions}
    for rows, texts in texts_of(list(place)):
        yield [place[row] for row in rows], texts


class Contradictions:
    """One prompt, different answers. Memory: 24 bytes a row."""

    def __init__(self) -> None:
        self._rows = array("Q")
        self._prompts = array("q")
        self._answers = array("q")
        self._labels = False

    def see(self, batch: Batch) -> None:
        """Rows with a prompt and an answer."""
        self._labels = batch.shape.format == "text_label"
        for number, example in zip(batch.numbers, batch.examples, strict=False):
            if example.fault or not example.messages:
                continue
            asked = "\x1f".join([content for _, content in example.messages[:-1]])
            self._rows.append(number)
            self._prompts.append(hash(asked.casefold().strip()))
            self._answers.append(hash(example.answer.casefold().strip()))

    def found(self) -> list[Found]:
        """Rows whose prompt also has another answer. The rarer answers of a prompt are the suspects."""
        if not len(self._rows):
            return []
        prompts, answers = np.array(self._prompts), np.array(self._answers)
        numbers = np.array(self._rows, dtype=np.int64)
        split = [g for g in same(prompts) if (answers[g] != answers[g[0]]).any()]
        rows = sorted(int(numbers[i]) for g in split for i in g)
        rule = "contradictory_labels" if self._labels else "contradictory_answers"
        return [Found(rule, len(rows), rows, {"prompts": len(split)})] if rows else []
