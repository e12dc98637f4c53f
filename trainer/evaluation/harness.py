"""Tasks of lm-evaluation-harness, where their data can be had: the untrained and the tuned model, item by item.

An optional extra (`pip install 'tunesmith[harness]'`). Tasks of one's own are YAML files in a folder; those that bring
code (`!function`) are refused, and no task is run that has to execute what a model wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from trainer.errors import UserFacingError
from trainer.evaluation.aside import Aside, check_idle
from trainer.evaluation.paired import paired
from trainer.runs import Run

MODULE = "trainer.methods.harness"
PREFERRED = ("acc_norm", "acc", "exact_match", "f1")
"""Figures that each item has by itself, the higher the better; the first that a task has is told."""


def of(run: Run, tasks: Sequence[str], folder: str, limit: int) -> Aside:
    """The work on a run, one document a request: {status, phase, tasks: {name: {metric, items, base, tuned, ...}}}."""
    asked = (",".join(tasks), folder, str(limit))
    digest = hashlib.sha256("\n".join(asked).encode()).hexdigest()[:8]
    return Aside(run, f"harness-{digest}", MODULE, asked)


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
    work = of(run, tasks, str(folder.resolve()) if folder else "", limit)
    check_idle(run, work)
    work.start()
    return work


def check_folder(folder: Path) -> None:
    """Raise where a folder holds no tasks, or some that bring code of their own."""
    files = sorted(folder.glob("**/*.yaml")) if folder.is_dir() else []
    if not files:
        raise UserFacingError("holds no task (YAML files)", str(folder), "See lm-evaluation-harness on new tasks.")
    for file in files:
        _check_file(file)


def _check_file(file: Path) -> None:
    """A task is plain YAML: any tag (such as !function) or a file that it includes may bring code."""
    try:
        task = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        task = None
    if not isinstance(task, dict) or {"include", "unsafe_code"} & task.keys():
        raise UserFacingError(
            "brings code or another file (!function, include), or is no YAML: I don't run it",
            file.name,
            "Write the task as plain YAML in one file.",
        )


def weighed(name: str, base: list[dict[str, Any]], tuned: list[dict[str, Any]]) -> dict[str, Any]:
    """One task's items, answered by both: {metric, items, base, tuned, paired}.

    base, tuned: the harness's samples, each with its figures by name; one an item and filter (a way of reading the
    answer), of which the first counts.
    """
    one = base[0] if base else {}
    metric = next((m for m in PREFERRED if isinstance(one.get(m), int | float)), None)
    if metric is None:
        raise UserFacingError(f"has none of the figures {', '.join(PREFERRED)}", name, "Name another task.")
    before, after = ({s["doc_id"]: s for s in side if s.get("filter") == one.get("filter")} for side in (base, tuned))
    pairs = [(float(s[metric]), float(after[item][metric])) for item, s in before.items() if item in after]
    if not pairs:
        raise UserFacingError("was not answered by both models", name, "Ask again.")
    b, t = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    return {
        "metric": metric,
        "filter": one.get("filter", ""),
        "items": len(pairs),
        "base": float(b.mean()),
        "tuned": float(t.mean()),
        "paired": paired(t, b).model_dump(),
    }
