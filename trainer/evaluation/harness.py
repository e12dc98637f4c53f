"""Tasks of lm-evaluation-harness, where their data can be had: the untrained and the tuned model, item by item.

An optional extra (`pip install 'tunesmith[harness]'`). Tasks of one's own are YAML files in a folder; those that bring
code (`!function`) are refused, and no task is run that has to execute what a model wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import UserFacingError
from trainer.evaluation.aside import Aside, check_idle
from trainer.evaluation.examination import running
from trainer.evaluation.paired import paired
from trainer.runs import Run

MODULE = "trainer.methods.harness"
LIMIT = 200
"""Items of each task, where nothing is said."""
PREFERRED = ("acc_norm", "acc", "exact_match", "f1", "bleu", "word_perplexity")


def of(run: Run, tasks: Sequence[str] = (), folder: str = "", limit: int = LIMIT) -> Aside:
    """The work on a run: {status, phase, tasks: {name: {metric, items, base, tuned, paired}}}."""
    return Aside(run, "harness", MODULE, (",".join(tasks), folder, str(limit)))


def start(run: Run, tasks: Sequence[str], folder: Path | None, limit: int) -> Aside:
    """Begin it in a process of its own. Raises UserFacingError where it can't be."""
    if find_spec("lm_eval") is None:
        raise UserFacingError(
            "lm-evaluation-harness is not installed", "--harness", "pip install 'tunesmith[harness]', then ask again."
        )
    if run.status().get("status") != "finished":
        raise UserFacingError("is not finished", run.id, "Ask again when it has a result.")
    if folder is not None:
        check_folder(folder)
    check_idle(run, running)
    work = of(run, tasks, str(folder.resolve()) if folder else "", limit)
    work.start()
    return work


def check_folder(folder: Path) -> None:
    """Raise where a folder holds no tasks, or some that bring code of their own."""
    files = sorted(folder.glob("**/*.yaml")) if folder.is_dir() else []
    if not files:
        raise UserFacingError("holds no task (YAML files)", str(folder), "See lm-evaluation-harness on new tasks.")
    for file in files:
        text = file.read_text("utf-8", errors="replace")
        if "!function" in text or "unsafe_code" in text:
            raise UserFacingError(
                "brings code of its own (!function), which I don't run", file.name, "Write it without, or leave it out."
            )


def weighed(name: str, base: list[dict[str, Any]], tuned: list[dict[str, Any]]) -> dict[str, Any]:
    """One task's items, answered by both: {metric, items, base, tuned, paired}.

    base, tuned: the harness's samples, one an item, each with its figures by name.
    """
    metric = next((m for m in PREFERRED if base and m in base[0]), None)
    if metric is None:
        raise UserFacingError(f"has none of the figures {', '.join(PREFERRED)}", name, "Name another task.")
    after = {sample["doc_id"]: sample for sample in tuned}
    pairs = [(float(b[metric]), float(after[b["doc_id"]][metric])) for b in base if b["doc_id"] in after]
    b, t = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    return {
        "metric": metric,
        "items": len(pairs),
        "base": float(b.mean()),
        "tuned": float(t.mean()),
        "paired": paired(t, b).model_dump(),
    }
