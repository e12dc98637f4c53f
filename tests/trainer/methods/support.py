"""A training over a few rows of the sample, without a run around it."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.methods import data
from trainer.data.convert import Example
from trainer.methods.setup import Setup
from trainer.paths import BUILTIN_MODEL
from trainer.plan import Plan


def setup(plan: Plan, folder: Path, words: list[str] | None = None) -> Setup:
    """12 rows to train on, 4 to watch; `words` stand in every answer."""
    rows = [json.loads(line) for line in data(folder, "sft").read_text("utf-8").splitlines()][:20]
    more = " ".join(words or [])
    told = [(("user", r["prompt"]), ("assistant", f"{more} {r['completion']}".strip())) for r in rows]
    examples = [Example(i, turns) for i, turns in enumerate(told, start=1)]
    quiet = plan.model_copy(update={"evaluation": replace_eval(plan)})
    return Setup(quiet, BUILTIN_MODEL, examples[:-4], examples[-4:], folder / "out", plan.schedule.max_steps)


def replace_eval(plan: Plan):  # type: ignore[no-untyped-def]
    """No look at the validation rows within the few steps."""
    return plan.evaluation.model_copy(update={"eval_steps": 1000, "load_best_model_at_end": False})
