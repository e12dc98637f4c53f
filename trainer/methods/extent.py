"""A run's training on shares of its rows and with another seed: `python -m trainer.methods.extent REQUEST LINES`.

A line for each log while it trains, and one with the lowest validation loss when a training has ended. Nothing is
saved, and the sealed rows are not read.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import gc
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from transformers import (
    EarlyStoppingCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)

from trainer import base_models
from trainer.data.stored import examples_in
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.methods.build import trainer_for
from trainer.methods.saving import Diverged, kept
from trainer.methods.setup import Setup
from trainer.records import append
from trainer.replays import leash
from trainer.replays.extent import Extent, best_of
from trainer.runs import Run


class Told(TrainerCallback):
    """A line for each step, and the lowest validation loss."""

    def __init__(self, lines: Path) -> None:
        self.lines, self.best = lines, float("inf")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """For who waits."""
        append(self.lines, {"step": state.global_step})

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """The figure that counts."""
        self.best = min(self.best, float((metrics or {}).get("eval_loss", float("inf"))))


def play(run: Run, share: float, seed: int, lines: Path) -> float:
    """One training; its lowest validation loss."""
    whole = int(run.status().get("max_steps") or run.proposal().estimates.steps)
    plan = replace(run.effective_plan(), {"seed": seed, "max_steps": whole})
    rows, watched = (examples_in(run.folder / f"data/{name}.jsonl") for name in ("train", "val"))
    chosen = random.Random(plan.schedule.seed).sample(rows, round(share * len(rows)))
    told, patience = Told(lines), plan.evaluation.early_stopping_patience
    early = [EarlyStoppingCallback(patience)] if patience and plan.evaluation.load_best_model_at_end else []
    set_seed(seed)
    with tempfile.TemporaryDirectory(dir=lines.parent) as folder:
        base = Path(base_models.resolve(plan.base_model).path or "")
        trainer = kept(trainer_for(Setup(plan, base, chosen, watched, Path(folder), whole, [told, *early])))
        trainer.args.save_total_limit = 1
        try:
            trainer.train()
        except Diverged:
            return float("inf")
    del trainer
    gc.collect()
    return told.best


def main() -> int:
    """The shares, then all rows with the other seed; the run itself is the whole."""
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    run, extent, lines = Run(Path(request["run"])), Extent.model_validate(request["extent"]), Path(sys.argv[2])
    leash.hold(Path(sys.argv[1]).parent, extent.max_minutes)
    own = run.plan().schedule.seed
    append(lines, {"share": 1.0, "seed": own, "best": best_of(run)})
    try:
        for share, seed in [*((s, own) for s in extent.shares), (1.0, extent.seed)]:
            append(lines, {"share": share, "seed": seed, "best": play(run, share, seed, lines)})
    except UserFacingError as error:
        sys.stderr.write(error.sentence() + "\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
