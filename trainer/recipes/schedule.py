"""The section `schedule` of a plan: how much is seen, in which pieces."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.facts import DataProfile
from trainer.plan import PAIRWISE
from trainer.reasons import Reason
from trainer.recipes import amounts
from trainer.recipes.batches import batches
from trainer.recipes.draft import Draft

GROUPED = ("sft", "dpo", "orpo", "cpo", "reward_modeling")
"""Methods whose trainer draws rows by the transformers sampler, so that it can lay like lengths together."""
WASTE = 0.05
"""Padding above this share of all tokens is worth avoiding."""


def windows(data: DataProfile, length: int) -> int:
    """About how many windows of `length` tokens plain text makes."""
    if data.lengths is None:
        return data.rows
    return max(1, round(data.lengths.mean * data.rows / length))


def length(draft: Draft) -> int:
    """Tokens a row may have; where answers are written in training, tokens of the question beside them."""
    lengths, context = draft.facts.data.lengths, draft.facts.model.context - _beside(draft)
    if draft.format == "text" or lengths is None:
        value = max(8, min(context, 512))
        why = Reason(origin="recipe", why=f"windows of {value} tokens; the model's limit is {context}")
    else:
        value, why = amounts.length_for(lengths.p99, lengths.max, context)
    return int(draft.ledger.choose("max_length", value, why))


def _beside(draft: Draft) -> int:
    """Tokens of the model's window that stand beside a row: answers written in training, learned ones before it."""
    names, window = ("max_completion_length", "num_virtual_tokens"), draft.facts.model.context
    taken = {name: int(draft.ledger.values[name]) for name in names if name in draft.ledger.values}
    if sum(taken.values()) > window - 16:
        raise UserFacingError(
            f"{' and '.join(taken)} take {sum(taken.values())} tokens of the model's window of {window}",
            "",
            f"Choose at most {window // 2}, so that there is room for the rows.",
        )
    return sum(taken.values())


def section(draft: Draft, processes: int, max_length: int) -> dict[str, Any]:
    """Every value of the section, for that many processes."""
    per_device, accumulation = batches(draft, processes, _tokens(draft, max_length))
    return {
        "num_train_epochs": draft.setting("num_train_epochs"),
        "max_steps": draft.ledger.choose("max_steps", -1, Reason(origin="default", why="by epochs")),
        "per_device_train_batch_size": per_device,
        "gradient_accumulation_steps": accumulation,
        "max_length": max_length,
        "train_sampling_strategy": _order(draft, per_device),
        "seed": draft.setting("seed"),
    }


def _tokens(draft: Draft, max_length: int) -> int:
    """Tokens of the longest row in a pass: both answers of a pair, and what stands beside a row."""
    sides = 2 if draft.case.method in PAIRWISE else 1
    return sides * (max_length + _beside(draft))


def _order(draft: Draft, batch: int) -> Any:
    method, share = draft.case.method, waste(draft, batch)
    if method == "kto":
        words = "TRL pairs each row with the next one's answer beforehand, so the order is fixed"
        fixed = Reason(origin="recipe", why=words, source="TRL, kto_trainer.py")
        return draft.fixed("train_sampling_strategy", "sequential", fixed)
    if method in ("grpo", "rloo", "distillation"):
        drawn = Reason(origin="recipe", why="prompts are drawn by the trainer itself", source="TRL, grpo_trainer.py")
        return draft.fixed("train_sampling_strategy", "random", drawn)
    if method in GROUPED and not padding_free(draft, batch) and share > WASTE:
        why = f"rows of like length together: padding would be {share:.0%} of all tokens"
        return draft.ledger.choose("train_sampling_strategy", "group_by_length", Reason(origin="data", why=why))
    why = "rows in random order; little or nothing is padded"
    return draft.ledger.choose("train_sampling_strategy", "random", Reason(origin="default", why=why))


def waste(draft: Draft, batch: int) -> float:
    """Share of padding, 0 to 1, in random batches; windows of plain text have none."""
    lengths = draft.facts.data.lengths
    return 0.0 if lengths is None or draft.format == "text" else amounts.padding_share(lengths, batch)


def padding_free(draft: Draft, batch: int) -> bool:
    """Whether rows can be laid end to end, and are."""
    wished = draft.said("padding_free") if draft.said("padding_free") is not None else draft.said("packing")
    return can_flatten(draft) and (waste(draft, batch) > WASTE if wished is None else bool(wished))


def can_flatten(draft: Draft) -> bool:
    """SFT and pretraining only, and not with tokens that must stand before each row."""
    virtual = draft.case.tuning in ("prompt_tuning", "prefix_tuning")
    return draft.case.method in ("sft", "cpt") and not virtual
