"""The proof, before any cost, of what would be learned: which tokens are trained on."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from trainer.data.convert import Example
from trainer.data.encode import IGNORE, Encoded, encode, prompt, windows
from trainer.data.pairs import judged
from trainer.data.split import Split
from trainer.data.spread import spread
from trainer.data.tokenizer import ChatTokenizer
from trainer.facts import Piece
from trainer.plan import PAIRWISE, Distillation, Grpo, Plan, Rloo, Sft

JUDGED = (*PAIRWISE, "kto")
"""Methods whose rows are judged answers."""
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
    own_answers: bool = False
    """Whether the model learns from answers it writes itself; the share is then of prompts and full answers."""
    shown_row: int
    shown: tuple[Piece, ...]

    def whole(self, count: int) -> str:
        """A count among the rows looked at, as it is for all of them: 'about' when only a part was."""
        if not self.sampled:
            return f"{count:,}"
        return f"about {round(count * self.train_rows / max(self.rows, 1)):,}"


def prove(parts: Split, tokenizer: ChatTokenizer, plan: Plan) -> Proof:
    """Encode the training rows as the worker will, and count."""
    rows = _encoded(parts.train, tokenizer, plan)
    shown = rows[0][0] if rows and rows[0] else Encoded(0, [], [])
    sides = [side for row in rows for side in row]
    return Proof(
        rows=len(rows),
        sampled=plan.data.format != "text" and len(parts.train) > SAMPLE,
        train_rows=len(parts.train),
        val_rows=len(parts.val),
        holdout_rows=len(parts.holdout),
        trained_share=_trained_share(sides, plan),
        rows_without_trained=0 if plan.online else sum(any(s.trained == 0 for s in row) for row in rows),
        rows_cut=sum(any(s.cut for s in row) for row in rows),
        rows_cut_before_answer=sum(any(s.trained == 0 and s.cut_trained > 0 for s in row) for row in rows),
        eos_trained=plan.online or _eos_trained(sides, tokenizer),
        own_answers=plan.online,
        shown_row=shown.row,
        shown=pieces(shown, tokenizer),
    )


def _trained_share(sides: list[Encoded], plan: Plan) -> float:
    """Trained tokens over all tokens; of methods that write answers, at their full length."""
    tokens = sum(len(s.input_ids) for s in sides)
    trained = sum(s.trained for s in sides)
    if isinstance(plan.method, Grpo | Rloo | Distillation):
        trained = len(sides) * plan.method.max_completion_length
        tokens += trained
    return round(trained / tokens, 4) if tokens else 0.0


def _encoded(rows: list[Example], tokenizer: ChatTokenizer, plan: Plan) -> list[list[Encoded]]:
    """For each row (or window) its sequences: one, or two where answers are compared."""
    most = plan.schedule.max_length
    if plan.data.format == "text":
        return [[window] for window in windows(rows[:SAMPLE], tokenizer, most)]
    chosen = spread(rows, SAMPLE)
    if plan.method.method in JUDGED:
        return [judged(e, tokenizer, most).sides() for e in chosen]
    if plan.online:
        return [[prompt(e, tokenizer, most)] for e in chosen]
    only = not isinstance(plan.method, Sft) or plan.method.assistant_only_loss
    return [[encode(e, tokenizer, most, only)] for e in chosen]


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
