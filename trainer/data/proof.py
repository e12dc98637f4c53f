"""The proof, before any cost, of what would be learned: which tokens are trained on."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from trainer.data.convert import Example
from trainer.data.encode import IGNORE, Encoded, encode, windows
from trainer.data.split import Split
from trainer.data.spread import spread
from trainer.data.tokenizer import ChatTokenizer
from trainer.facts import Piece

SAMPLE = 10_000
"""Rows encoded for the proof; all of them in most files."""
SHOWN_TOKENS = 160


class Proof(BaseModel):
    """What the training part of the data holds, in tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    """Rows (or windows) looked at; all of them up to the sample's size."""
    sampled: bool
    train_rows: int
    val_rows: int
    holdout_rows: int
    trained_share: float
    """Trained tokens over all tokens, 0 to 1."""
    rows_without_trained: int
    rows_cut: int
    rows_cut_before_answer: int
    eos_trained: bool
    shown_row: int
    shown: tuple[Piece, ...]

    def whole(self, count: int) -> str:
        """A count among the rows looked at, as it is for all of them: 'about' when only a part was."""
        if not self.sampled:
            return f"{count:,}"
        return f"about {round(count * self.train_rows / max(self.rows, 1)):,}"


def prove(parts: Split, tokenizer: ChatTokenizer, max_length: int, answers_only: bool, plain: bool) -> Proof:
    """Encode the training rows as the worker will, and count."""
    encoded = _encoded(parts.train, tokenizer, max_length, answers_only, plain)
    tokens = sum(len(e.input_ids) for e in encoded)
    trained = sum(e.trained for e in encoded)
    shown = encoded[0] if encoded else Encoded(0, [], [])
    return Proof(
        rows=len(encoded),
        sampled=not plain and len(parts.train) > SAMPLE,
        train_rows=len(parts.train),
        val_rows=len(parts.val),
        holdout_rows=len(parts.holdout),
        trained_share=round(trained / tokens, 4) if tokens else 0.0,
        rows_without_trained=sum(e.trained == 0 for e in encoded),
        rows_cut=sum(e.cut > 0 for e in encoded),
        rows_cut_before_answer=sum(e.trained == 0 and e.cut_trained > 0 for e in encoded),
        eos_trained=_eos_trained(encoded, tokenizer),
        shown_row=shown.row,
        shown=pieces(shown, tokenizer),
    )


def _encoded(
    rows: list[Example], tokenizer: ChatTokenizer, max_length: int, answers_only: bool, plain: bool
) -> list[Encoded]:
    if plain:
        return list(windows(rows[:SAMPLE], tokenizer, max_length))
    return [encode(e, tokenizer, max_length, answers_only) for e in spread(rows, SAMPLE)]


def _eos_trained(encoded: list[Encoded], tokenizer: ChatTokenizer) -> bool:
    eos = tokenizer.id_of(tokenizer.eos)
    return any(eos in e.labels for e in encoded)


def pieces(encoded: Encoded, tokenizer: ChatTokenizer, most: int = SHOWN_TOKENS) -> tuple[Piece, ...]:
    """One row with its trained tokens marked, cut for the eye."""
    out: list[Piece] = []
    ids, on = encoded.input_ids[:most], encoded.labels[:most]
    start = 0
    for end in range(1, len(ids) + 1):
        if end == len(ids) or (on[end] == IGNORE) != (on[start] == IGNORE):
            text = tokenizer.backend.decode(ids[start:end], skip_special_tokens=False)
            out.append(Piece(text=text, trained=on[start] != IGNORE))
            start = end
    return tuple(out)
