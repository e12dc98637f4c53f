"""After the training: tuned against untuned on the sealed hold-out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from trainer.comparison import Measured, compare
from trainer.data.stored import examples_in
from trainer.evaluation.baselines import constant
from trainer.methods.measure import Sheet, earned, measure
from trainer.methods.models import load_base, load_tuned
from trainer.plan import Grpo, Plan, Rloo
from trainer.records import write_atomic
from trainer.runs import Run


def judge_run(run: Run, plan: Plan, base: Path) -> dict[str, Any]:
    """Measure both models on the same rows in the same way; write result.json."""
    run.event("holdout_read", by="evaluation")
    sheet = Sheet(plan, base, examples_in(run.sealed), _score(run, plan), partial(_tick, run))
    # before a reward model has a head of its own, what it finds likely stands for what it prefers
    before = measure(sheet, load_base(plan, base))
    after = measure(sheet, load_tuned(plan, base, run.model))
    result = compare(plan.evaluation.metric, before, after, sheet.chosen, len(sheet.sealed), _constant(run, plan))
    _keep_answers(run, sheet, before, after)
    write_atomic(run.folder / "result.json", result)
    run.event("result", **result["verdict"])
    return result


def _keep_answers(run: Run, sheet: Sheet, before: Measured, after: Measured) -> None:
    """All written answers, so that they can be set side by side later; nothing where none were written."""
    if before.answers and after.answers:
        said = {"base": before.answers, "tuned": after.answers}
        write_atomic(run.folder / "answers.json", {"rows": [row.row for row in sheet.chosen], "said": said})


def _constant(run: Run, plan: Plan) -> str | None:
    """The one answer that fits the training rows best, where answers are what is judged."""
    if plan.evaluation.metric not in ("accuracy", "chrf"):
        return None
    train = examples_in(run.folder / "data" / "train.jsonl")
    return constant(train, labels=plan.evaluation.metric == "accuracy") if train else None


def _tick(run: Run, done: int, of: int) -> None:
    run.set_status("evaluating", phase=f"{done} of {of} answers written")


def _score(run: Run, plan: Plan) -> Any:
    if not isinstance(plan.method, Grpo | Rloo):
        return None
    from trainer.rewards.build import functions

    return partial(earned, plan.method.rewards, functions(plan.method.rewards, run.folder))
