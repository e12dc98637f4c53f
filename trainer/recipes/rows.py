"""Which methods rows of a format can be trained with, and the honest answer where they can't."""

from __future__ import annotations

from typing import Any, get_args

from trainer.errors import UserFacingError
from trainer.facts import DataProfile
from trainer.plan.methods import Cpo, Dpo, Grpo, Kto
from trainer.reasons import Ledger, Reason

_ANSWERS = ("sft", "grpo", "rloo", "distillation")
FITS: dict[str, tuple[str, ...]] = {
    "preference": ("dpo", "orpo", "cpo", "reward_modeling", "sft"),
    "kto": ("kto", "sft"),
    "text": ("cpt",),
    **dict.fromkeys(("prompt_completion", "alpaca", "text_label", "messages", "sharegpt"), _ANSWERS),
}
"""Format of the rows -> methods, the usual one first."""
NEEDS = {
    "sft": "a question and an answer (or a conversation, or a text and its label)",
    "cpt": "plain text",
    "dpo": "a question, a better answer (chosen) and a worse one (rejected)",
    "orpo": "a question, a better answer (chosen) and a worse one (rejected)",
    "cpo": "a question, a better answer (chosen) and a worse one (rejected)",
    "reward_modeling": "a question, a better answer (chosen) and a worse one (rejected)",
    "kto": "a question, an answer and whether it was good (label: true or false)",
    "grpo": "a question, and an answer or another column that a reward can check",
    "rloo": "a question, and an answer or another column that a reward can check",
    "distillation": "a question and an answer",
}
_WORDS = {
    "preference": "pairs of a better and a worse answer",
    "kto": "answers marked good or bad",
    "text": "plain text",
    "text_label": "texts with a label",
}
_WHY = {
    "dpo": "rows show a better and a worse answer: learn to prefer the better",
    "kto": "rows show answers marked good or bad, one at a time",
    "sft": "rows show what to answer: learn from the examples",
    "cpt": "plain text: the model goes on reading (continued pretraining)",
}
LOSSES: dict[str, tuple[str, ...]] = {
    model.model_fields["method"].default: get_args(model.model_fields["loss_type"].annotation)
    for model in (Dpo, Kto, Cpo, Grpo)
}
"""Variants of the loss by method; the other methods have one."""


def method(ledger: Ledger, data: DataProfile) -> str:
    """The wished method if the rows fit it, else the usual one for them."""
    _clear(ledger, data)
    fits, wished = FITS[data.format], ledger.said.get("method")
    if wished is not None and wished not in fits:
        raise UserFacingError(
            f"{wished} needs {NEEDS[wished]}, and these {data.rows:,} rows are {_told(data.format)}",
            data.path,
            f"These rows fit {' or '.join(fits)}. Leave the method open, or give rows that {wished} can learn from.",
        )
    if wished is None and ledger.said.get("loss_type") == "simpo" and "cpo" in fits:
        return str(ledger.note("method", "cpo", Reason(origin="user", why="you named simpo, which is a loss of cpo")))
    return str(ledger.choose("method", fits[0], Reason(origin="data", why=_WHY[fits[0]], source=_GUIDE)))


_GUIDE = "axolotl, docs/choosing_method.qmd"


def _told(form: str) -> str:
    return _WORDS.get(form, "questions with answers")


def _clear(ledger: Ledger, data: DataProfile) -> None:
    """Rows whose roles are known. Raises UserFacingError with the question that would settle them."""
    named = any(ledger.said.get(f"{role}_column") for role in ("label", "completion", "messages", "chosen", "text"))
    if data.format not in FITS or (data.question and not named):
        raise UserFacingError(
            data.question or "I can't tell question from answer",
            data.path,
            "Say for instance: question -> prompt, reply -> answer.",
        )


def loss(ledger: Ledger, method: str) -> str:
    """The wished variant of the loss; '' where the method's usual one is meant. Raises for one it doesn't know."""
    wished: Any = ledger.said.get("loss_type")
    if wished is None:
        return ""
    known = LOSSES.get(method, ())
    if wished in known:
        return str(wished)
    others = [name for name, losses in LOSSES.items() if wished in losses]
    have = f"it knows {', '.join(known)}" if known else "it has one loss only"
    hint = f"{wished} belongs to {' and '.join(others)}: choose that method, " if others else ""
    way_out = "or name one of these, or none." if known else "or leave loss_type away."
    fix = hint + way_out if hint else way_out.removeprefix("or ").capitalize()
    raise UserFacingError(f"{method} has no loss_type {wished}: {have}", "", fix)
