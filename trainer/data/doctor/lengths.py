"""How long rows are in tokens, what a shorter max_length would cut off, and which rows are giants."""

from __future__ import annotations

from array import array
from dataclasses import replace

import numpy as np

from trainer.data.convert import Example
from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found
from trainer.data.encode import encode
from trainer.data.tokenizer import ChatTokenizer
from trainer.facts import LengthChoice, Lengths

SAMPLE = 2000
"""Rows whose length is measured in tokens, spread evenly over the file."""
CHOICES = (128, 256, 512, 1024, 2048, 4096, 8192)
"""Values of max_length whose losses are told."""
GIANT = 8
"""Times the median of characters from which a row is a giant, if it has more than GIANT_CHARS."""
GIANT_CHARS = 4000
DOCUMENT_CHARS = 20_000
"""Characters from which a row of plain text is a whole document."""
LOW_SHARE = 0.05
"""Share of trained tokens under which most of the work teaches nothing."""


class RowLengths:
    """Characters of every row, tokens of a spread sample. Memory: 8 bytes a row."""

    def __init__(self, tokenizer: ChatTokenizer | None, rows: int, context: int | None = None) -> None:
        self._tokenizer = tokenizer
        self._context = context
        self._every = max(1, -(-rows // SAMPLE))
        self._rows = array("Q")
        self.chars = array("I")
        self._sizes: list[tuple[int, int]] = []
        self._plain = False

    def see(self, batch: Batch) -> None:
        """Usable rows."""
        self._plain = batch.shape.format == "text"
        usable = [(n, t) for n, t in zip(batch.numbers, batch.learned, strict=True) if t]
        self._rows.extend(n for n, _ in usable)
        self.chars.extend(len(t) for _, t in usable)
        if self._tokenizer is None:
            return
        for number, example in zip(batch.numbers, batch.examples, strict=False):
            if not example.fault and (number - 1) % self._every == 0:
                self._sizes.append(size(example, self._tokenizer))

    def lengths(self) -> Lengths | None:
        """Token lengths as the plan uses them."""
        if not self._sizes or self._tokenizer is None:
            return None
        sizes, said = sorted(s for s, _ in self._sizes), sorted(a for _, a in self._sizes)
        return Lengths(
            tokenizer=self._tokenizer.name,
            basis="measured",
            sampled=len(sizes),
            mean=round(sum(sizes) / len(sizes), 2),
            p50=quantile(sizes, 0.5),
            p95=quantile(sizes, 0.95),
            p99=quantile(sizes, 0.99),
            max=sizes[-1],
            answer_p95=quantile(said, 0.95),
            answer_max=said[-1],
            trained_share=round(sum(said) / max(1, sum(sizes)), 4),
            choices=tuple(self._choices(sizes[-1])),
        )

    def _choices(self, longest: int) -> list[LengthChoice]:
        """What each max_length would cut, up to the first that cuts nothing."""
        sizes = np.array([s for s, _ in self._sizes])
        answers = np.array([a for _, a in self._sizes])
        out = []
        for limit in CHOICES:
            lost = np.clip(sizes - limit, 0, answers)
            out.append(
                LengthChoice(
                    max_length=limit,
                    rows_cut=round(float((sizes > limit).mean()), 4),
                    rows_without_answer=round(float(((answers > 0) & (lost >= answers)).mean()), 4),
                    answer_lost=round(float(lost.sum() / max(1, answers.sum())), 4),
                )
            )
            if limit >= longest:
                break
        return out

    def histogram(self, bins: int = 24) -> list[tuple[int, int]]:
        """(upper end in characters, rows) over equal steps up to the 99th percentile; the rest in the last."""
        if not len(self.chars):
            return []
        values = np.array(self.chars)
        top = max(1, int(np.quantile(values, 0.99)))
        counts, edges = np.histogram(np.minimum(values, top), bins=min(bins, top), range=(0, top))
        return [(int(np.ceil(edge)), int(n)) for edge, n in zip(edges[1:], counts, strict=True)]

    def found(self) -> list[Found]:
        """Giants, and data in which little is trained on."""
        return [*self._giants(), *self._share()]

    def _giants(self) -> list[Found]:
        if not len(self.chars):
            return []
        values, rows = np.array(self.chars), np.array(self._rows, dtype=np.int64)
        facts = {"longest": int(values.max()), "usual": int(np.median(values)), "row": int(rows[values.argmax()])}
        if self._plain:
            return [Found("long_documents", 1, (facts["row"],), facts)] if facts["longest"] > DOCUMENT_CHARS else []
        limit = min(max(GIANT_CHARS, GIANT * float(np.median(values))), self._chars_of_context())
        giants = rows[values > limit]
        return [Found("over_long", len(giants), giants.tolist(), facts)] if len(giants) else []

    def _chars_of_context(self) -> float:
        """Characters that fill the model's window, by the measured characters a token."""
        lengths = self.lengths()
        if lengths is None or not self._context:
            return float("inf")
        return self._context * float(np.mean(self.chars)) / max(1.0, lengths.mean)

    def _share(self) -> list[Found]:
        lengths = self.lengths()
        if lengths is None or not 0 < lengths.trained_share < LOW_SHARE:
            return []
        return [Found("low_trained_share", len(self._sizes), (), {"share": f"{100 * lengths.trained_share:.1f}"})]


def size(example: Example, tokenizer: ChatTokenizer) -> tuple[int, int]:
    """(all tokens, answer tokens) of an example; of a pair's longer side."""
    if not example.messages:
        tokens = len(tokenizer.encode(example.text).ids)
        return tokens, tokens
    encoded = encode(example, tokenizer, max_length=1_000_000)
    told = len(encoded.input_ids), encoded.trained
    if not example.rejected:
        return told
    other = (*example.messages[:-1], (example.messages[-1][0], example.rejected))
    return max(told, size(replace(example, messages=other, rejected=""), tokenizer))


def quantile(ordered: list[int], q: float) -> int:
    """The q-quantile (0 to 1) of sorted values, without interpolation."""
    return ordered[min(len(ordered) - 1, round(q * (len(ordered) - 1)))]
