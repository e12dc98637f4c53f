"""Both models on tasks of lm-evaluation-harness: `python -m trainer.methods.harness RUN_FOLDER TASKS FOLDER LIMIT`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["HF_DATASETS_TRUST_REMOTE_CODE"] = "0"

from jinja2.sandbox import ImmutableSandboxedEnvironment

from trainer import base_models
from trainer.errors import UserFacingError
from trainer.evaluation import harness
from trainer.evaluation.aside import Aside
from trainer.methods.models import load_base, load_tokenizer, load_tuned, ready
from trainer.runs import Run


def measured(work: Aside, tasks: list[str], folder: str, limit: int) -> dict[str, Any]:
    """The document: each task's figures of both models."""
    run, plan = work.run, work.run.effective_plan()
    base = Path(base_models.resolve(plan.base_model).path or "")
    tokenizer = load_tokenizer(base, plan)
    before = _answered(work, "the untrained model", ready(load_base(plan, base), plan), tokenizer, tasks, folder, limit)
    model = ready(load_tuned(plan, base, run.model), plan)
    after = _answered(work, "the tuned model", model, tokenizer, tasks, folder, limit)
    return {"tasks": {name: harness.weighed(name, before[name], after[name]) for name in before}}


def _answered(
    work: Aside, who: str, model: Any, tokenizer: Any, tasks: list[str], folder: str, limit: int
) -> dict[str, list[dict[str, Any]]]:
    """Task -> its items with their figures."""
    from lm_eval import simple_evaluate, utils
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    walled = ImmutableSandboxedEnvironment(
        loader=utils.env.loader, undefined=utils.env.undefined, keep_trailing_newline=True
    )
    walled.filters |= utils.env.filters
    utils.env = walled  # a task's templates are data: they reach no Python
    work.write(phase=f"{who} answers {', '.join(tasks)}")
    known = TaskManager(include_path=folder or None)
    unknown = [name for name in tasks if name not in known.all_tasks]
    if unknown:
        raise UserFacingError(f"there is no task {', '.join(unknown)}", "--harness", "tunesmith evaluate --help")
    try:
        found = simple_evaluate(
            model=HFLM(pretrained=model, tokenizer=tokenizer, batch_size=8),
            tasks=tasks,
            task_manager=known,
            limit=limit,
            log_samples=True,
            bootstrap_iters=0,
            confirm_run_unsafe_code=False,
        )
    except (OSError, ConnectionError, ValueError) as error:
        if "unsafe" in str(error).lower():
            raise UserFacingError("would have to run what a model wrote", ", ".join(tasks), "Name another.") from None
        why = f"{type(error).__name__}: {str(error)[:200]}"
        raise UserFacingError(f"the task's data can't be had or read: {why}", ", ".join(tasks), "") from error
    return dict(found["samples"])


def main() -> int:
    """Entry."""
    run, tasks, folder, limit = Run(Path(sys.argv[1])), sys.argv[2].split(","), sys.argv[3], int(sys.argv[4])
    work = harness.of(run, tasks, folder, limit)
    return work.carried_out(lambda: measured(work, tasks, folder, limit))


if __name__ == "__main__":
    sys.exit(main())
