"""Which runs can be trained again here, for an experiment."""

from __future__ import annotations

from trainer.errors import UserFacingError
from trainer.plan import Plan
from trainer.rewards.preflight import AFTER_APPROVAL
from trainer.runs import Run


def check(run: Run, plan: Plan) -> None:
    """Raise UserFacingError where an experiment can't repeat a run, or would cost more than time."""
    if plan.compute.backend != "local" or plan.compute.num_processes > 1:
        raise UserFacingError(
            f"{run.id} was trained by several processes or elsewhere: it can't be trained again here",
            "",
            "Experiments are for runs of one process on this machine.",
        )
    if not (run.folder / "data" / "train.jsonl").is_file():
        raise UserFacingError(f"{run.id} has no rows any more to train again on", "data/train.jsonl", "")
    costly = [r.kind for r in getattr(plan.method, "rewards", ()) if r.kind in AFTER_APPROVAL]
    if costly:
        raise UserFacingError(
            f"the reward {costly[0]} of {run.id} runs code or asks another model, and an experiment would do so again",
            "",
            "That is not built: plan a run of its own, with what you suspect changed, and compare.",
        )
