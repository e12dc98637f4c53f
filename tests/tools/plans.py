"""Small files and plans of every method, for tests of what is said about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trainer.paths import BUILTIN_MODEL
from trainer.proposal import Proposal, propose
from trainer.wishes import Wishes

ROWS: dict[str, Any] = {
    "qa": lambda i: {"question": f"where is parcel {i}?", "answer": f"Hello! Parcel {i} is on its way."},
    "pairs": lambda i: {"prompt": f"where is parcel {i}?", "chosen": f"It comes soon, {i}.", "rejected": f"No {i}."},
    "marked": lambda i: {"prompt": f"question {i}", "completion": f"answer number {i}", "label": i % 2 == 0},
    "sums": lambda i: {"prompt": f"how much is {i} and {2 * i}?", "answer": f"It is {3 * i}."},
}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "sft": ("qa", {}),
    "cpt": ("book", {}),
    "dpo": ("pairs", {}),
    "kto": ("marked", {}),
    "orpo": ("pairs", {}),
    "cpo": ("pairs", {}),
    "reward_modeling": ("pairs", {}),
    "grpo": ("sums", {"reward": ["number", "length"], "reward_max_length": 20}),
    "rloo": ("sums", {"reward": ["exact_match"]}),
    "distillation": ("qa", {"teacher_model": str(BUILTIN_MODEL)}),
}
"""Method -> the rows it learns from, and what must be said beside."""


def judged(folder: Path, kind: str, count: int = 60) -> Path:
    """A file of rows of a kind."""
    if kind == "book":
        path = folder / "book.txt"
        path.write_text("\n\n".join(f"Chapter {i}. The miller thought of {i} things by the river." for i in range(200)))
        return path
    path = folder / f"{kind}.jsonl"
    path.write_text("\n".join(json.dumps(ROWS[kind](i)) for i in range(count)))
    return path


def plan_for(path: Path, **wishes: Any) -> Proposal:
    """The proposal for a file."""
    return propose(path, Wishes(goal="teach it", dataset_path=str(path), **wishes))
