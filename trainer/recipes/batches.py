"""Rows a pass and passes a step, over all processes, so that their product is the effective batch."""

from __future__ import annotations

from trainer.errors import UserFacingError
from trainer.reasons import Reason
from trainer.recipes.draft import Draft
from trainer.recipes.settings import setting

KL_ROWS = 4
"""KTO's estimate of the KL term is poor below this many rows a pass (TRL, docs/source/kto_trainer.md)."""


def batches(draft: Draft, processes: int, length: int) -> tuple[int, int]:
    """(per_device_train_batch_size, gradient_accumulation_steps), noted with their reasons."""
    wished = draft.said("effective_batch_size")
    per, steps = draft.said("per_device_train_batch_size"), draft.said("gradient_accumulation_steps")
    usual, why = setting("effective_batch_size", draft.case)
    group = _group(draft)
    effective = wished or _usual(usual, group, per, steps, processes)
    if wished:
        why = Reason(origin="user", why="from the effective batch you named")
    if per is None:
        per = _per_device(draft, effective, steps, processes, length)
    if steps is None:
        steps = max(1, effective // (per * processes))
        while not wished and per * steps * processes % group and steps < group:
            steps += 1
    _exact(wished, per, steps, processes, group)
    _note(draft, per, steps, processes, why)
    return per, steps


def _group(draft: Draft) -> int:
    """Answers to one prompt must be in one step together."""
    if draft.case.method not in ("grpo", "rloo"):
        return 1
    return int(draft.ledger.values["num_generations"])


def _usual(usual: int, group: int, per: int | None, steps: int | None, processes: int) -> int:
    """The table's batch, made whole groups and whole shares of the processes; what was said of its parts counts."""
    if per and steps:
        return per * steps * processes
    unit = group * processes
    return max(1, round(usual / unit)) * unit


def _per_device(draft: Draft, effective: int, steps: int | None, processes: int, length: int) -> int:
    share = max(1, effective // (processes * (steps or 1)))
    if steps:
        return share
    most = max(1, draft.rung.tokens_a_pass // length)
    if draft.case.method == "kto":
        most = max(most, KL_ROWS)
    return next(n for n in range(min(share, most), 0, -1) if share % n == 0)


def _exact(wished: int | None, per: int, steps: int, processes: int, group: int) -> None:
    made = per * steps * processes
    parts = f"{per} rows x {steps} passes" + (f" x {processes} processes" if processes > 1 else "")
    if wished and made != wished:
        raise UserFacingError(
            f"a batch of {wished} can't be made of {parts}", "", "Choose numbers that divide each other."
        )
    if made % group:
        raise UserFacingError(
            f"{parts} make {made} answers a step, which {group} answers to each prompt don't divide",
            "",
            f"Choose a batch that is a multiple of {group}, or another num_generations.",
        )


def _note(draft: Draft, per: int, steps: int, processes: int, why: Reason) -> None:
    fits = Reason(origin=why.origin, why=f"{why.why}; what one pass holds", source=why.source)
    over = f" x {processes} processes" if processes > 1 else ""
    made = f"{per} rows x {steps}{over} = {per * steps * processes} rows a step"
    draft.ledger.choose("per_device_train_batch_size", per, fits)
    draft.ledger.choose("gradient_accumulation_steps", steps, Reason(origin="hardware", why=made))
