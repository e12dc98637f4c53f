"""The section `method` of a plan: what is learned, and by which loss."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.plan.methods import Cpo, Cpt, Distillation, Dpo, Grpo, Kto, Orpo, RewardModeling, Rloo, Sft
from trainer.reasons import Reason
from trainer.recipes.draft import Draft
from trainer.recipes.rewards import rewards

_MODELS = {
    m.model_fields["method"].default: m
    for m in (Sft, Cpt, Dpo, Kto, Orpo, Cpo, RewardModeling, Grpo, Rloo, Distillation)
}
GROUP = 8
"""Answers to a prompt where nothing else is said."""


def section(draft: Draft) -> dict[str, Any]:
    """Every value of the method's own section."""
    name = draft.case.method
    made: dict[str, Any] = {"method": name}
    for leaf in _MODELS[name].model_fields:
        if leaf != "method":
            made[leaf] = _SPECIAL[leaf](draft) if leaf in _SPECIAL else draft.setting(leaf)
    return made


def _completion(draft: Draft) -> Any:
    """As long as the longest answers in the data, and room to think."""
    lengths = draft.facts.data.lengths
    half = max(8, draft.facts.model.context // 2)
    if lengths is None:
        why = Reason(origin="recipe", why="the answers' length is not known", source="TRL, grpo_config.py (256)")
        return draft.ledger.choose("max_completion_length", min(half, 256), why)
    value = min(half, max(32, -(-round(1.5 * lengths.answer_max) // 16) * 16))
    words = f"half as long again as the longest answer ({lengths.answer_max} tokens), at most half the model's window"
    return draft.ledger.choose("max_completion_length", value, Reason(origin="data", why=words))


def _generations(draft: Draft) -> Any:
    """The table's number, or the largest below it that divides the batch the person asked for."""
    batch = draft.said("effective_batch_size")
    if batch is None or draft.said("num_generations") is not None or batch % GROUP == 0:
        return draft.setting("num_generations")
    fitting = next((n for n in range(GROUP, 1, -1) if batch % n == 0), None)
    if fitting is None:
        raise UserFacingError(
            f"a batch of {batch} answers can't be divided into groups of 2 to {GROUP} answers to one prompt",
            "",
            f"Name a multiple of {GROUP}, or num_generations as well.",
        )
    why = f"groups must fill the {batch} answers that you named for a step"
    return draft.fixed("num_generations", fitting, Reason(origin="user", why=why))


def _weight(good: bool) -> Any:
    def chosen(draft: Draft) -> float:
        """Weighs the rarer side up until good and bad count alike (TRL: between 1:1 and 4:3)."""
        name = "desirable_weight" if good else "undesirable_weight"
        goods, bads = draft.facts.beside.verdicts
        mine, other = (goods, bads) if good else (bads, goods)
        source = "TRL, docs/source/kto_trainer.md; HALOs (both 1)"
        if not mine or not other or mine >= other:
            words = "the side with more rows" if mine and other else "how many are good is not known; the usual value"
            return float(draft.fixed(name, 1.0, Reason(origin="recipe", why=words, source=source)))
        value = round(min(100.0, other / mine), 2)
        words = f"{goods:,} good and {bads:,} bad rows: weighed so that both sides count alike"
        return float(draft.fixed(name, value, Reason(origin="data", why=words, source=source)))

    return chosen


def _teacher(draft: Draft) -> str:
    teacher = draft.facts.beside.teacher
    if teacher is None:
        raise UserFacingError(
            "distillation needs a teacher: a larger model that cuts text into the same tokens",
            "",
            "Name it, for instance: teacher_model Qwen/Qwen3-8B for a Qwen3-0.6B student.",
        )
    if draft.facts.beside.same_tokenizer is False:
        raise UserFacingError(
            f"{teacher.id} cuts text into other tokens than {draft.facts.model.id}, so it can't say what it would have"
            " written token by token",
            "",
            "Choose a teacher of the same family, or let the teacher write answers and train on them with sft.",
        )
    alike = {True: "it cuts text like the student", None: "whether it cuts text like the student is not known yet"}
    why = f"you named it; {alike[draft.facts.beside.same_tokenizer]}"
    return str(draft.fixed("teacher_model", teacher.id, Reason(origin="user", why=why)))


def _fingerprint(draft: Draft) -> str:
    teacher = draft.facts.beside.teacher
    why = Reason(origin="data", why="so that a changed teacher is noticed")
    return str(draft.fixed("teacher_fingerprint", teacher.fingerprint if teacher else "", why))


_SPECIAL: dict[str, Any] = {
    "max_completion_length": _completion,
    "num_generations": _generations,
    "rewards": rewards,
    "desirable_weight": _weight(True),
    "undesirable_weight": _weight(False),
    "teacher_model": _teacher,
    "teacher_fingerprint": _fingerprint,
}
