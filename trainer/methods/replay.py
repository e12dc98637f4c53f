"""A moment of a run trained again: `python -m trainer.methods.replay REQUEST LINES`.

The request holds the run's folder and the replay (`trainer.replays.replay`). Each side of each pair is trained by the
run's own trainer from a copy of the checkpoint, in the order of the run, a line of LINES a step. Nothing is saved.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import gc
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments, set_seed

from trainer import base_models
from trainer.data.stored import examples_in
from trainer.diagnosis.dealt import read_steps
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.methods import exact
from trainer.methods.build import trainer_for
from trainer.methods.dealt import taken
from trainer.methods.loss import AnswerLossTrainer
from trainer.methods.saving import Diverged, kept
from trainer.methods.setup import Setup
from trainer.plan import Plan
from trainer.records import append
from trainer.replays import leash
from trainer.replays.replay import Replay
from trainer.runs import Run


class Until(TrainerCallback):
    """Writes each step's loss, and ends after the last one; a lowered rate is set where a resume restored the old."""

    def __init__(self, lines: Path, side: dict[str, Any], end: int, factor: float) -> None:
        self.lines, self.side, self.end, self.factor = lines, side, end, factor
        self.look: Callable[[], dict[int, float]] | None = None
        self.looked_at = 0

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **all: Any) -> None:
        """Before the moment a look at its rows one by one; before the first step the rates times the factor."""
        if self.look is not None and state.global_step + 1 == self.looked_at:
            append(self.lines, {**self.side, "gradients": self.look()})
        if self.factor == 1.0:
            return
        schedule = all["lr_scheduler"]
        for group in all["optimizer"].param_groups:
            group["lr"] *= self.factor
            group["initial_lr"] = group.get("initial_lr", group["lr"]) * self.factor
        schedule.base_lrs = [rate * self.factor for rate in schedule.base_lrs]
        self.factor = 1.0

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """A line a step."""
        if logs and "loss" in logs:
            append(self.lines, {**self.side, "step": state.global_step, "loss": logs["loss"]})

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The end, before the run's own."""
        if state.global_step >= self.end:
            control.should_training_stop = True


def gradients(trainer: Any, rows: Sequence[int]) -> dict[int, float]:
    """Norm of the gradient that each row alone gives to the weights that move; nothing is left behind."""
    random_state, sums = exact.randomness(), exact.running_sums(trainer)
    place = {row: i for i, row in enumerate(trainer.train_dataset["row"])}
    weights = [p for p in trainer.model.parameters() if p.requires_grad]
    found = {}
    for row in rows:
        inputs = trainer._prepare_inputs(trainer.data_collator([dict(trainer.train_dataset[place[row]])]))
        taken(inputs)
        torch.autograd.backward(trainer.compute_loss(trainer.model, inputs))
        squares = [float(p.grad.float().square().sum()) for p in weights if p.grad is not None]
        found[row] = round(sum(squares) ** 0.5, 4)
        trainer.model.zero_grad()
    exact.restore_randomness(random_state)
    exact.restore_sums(trainer, sums)
    return found


class Stage:
    """The rows and the plan that all sides share."""

    def __init__(self, run: Run, replay: Replay, lines: Path) -> None:
        self.run, self.replay, self.lines = run, replay, lines
        self.plan = run.effective_plan()
        self.base = Path(base_models.resolve(self.plan.base_model).path or "")
        self.rows = examples_in(run.folder / "data" / "train.jsonl")
        self.watched = examples_in(run.folder / "data" / "val.jsonl")[:1]
        first, last = replay.moment
        there = {n for s in read_steps(run.folder) if first <= s.step <= last for n in s.rows}
        self.together = there if replay.rows else set()

    def play(self, pair: int, changed: bool) -> None:
        """One side of one pair."""
        side = {"pair": pair, "changed": changed}
        plan = replace(self.plan, self.replay.changes) if changed else self.plan
        with tempfile.TemporaryDirectory(dir=self.lines.parent) as name:
            trainer = self._trainer(plan, Path(name), side)
            trainer.train_dataset = trainer.train_dataset.select(self._order(trainer.train_dataset["row"], side))
            self._look_at_rows(trainer, side)
            try:
                trainer.train(resume_from_checkpoint=self._checkpoint(Path(name)))
            except Diverged as error:
                append(self.lines, {**side, "step": error.step, "loss": float("inf")})
        append(self.lines, {**side, "done": True})
        del trainer
        gc.collect()

    def _trainer(self, plan: Plan, folder: Path, side: dict[str, Any]) -> Any:
        set_seed(plan.schedule.seed)
        until = Until(self.lines, side, self.replay.end, self._factor(plan))
        total = self.run.proposal().estimates.steps
        trainer = kept(trainer_for(Setup(plan, self.base, self.rows, self.watched, folder, total, [until])))
        args = trainer.args
        args.eval_strategy = args.save_strategy = "no"
        args.logging_steps, args.load_best_model_at_end = 1, False
        trainer.state.logging_steps = 1
        return trainer

    def _look_at_rows(self, trainer: Any, side: dict[str, Any]) -> None:
        """In the run's own way: how strongly each row of the moment's first step pulls, by itself."""
        if side["pair"] or side["changed"] or not isinstance(trainer, AnswerLossTrainer):
            return
        step = next((s for s in read_steps(self.run.folder) if s.step >= self.replay.moment[0]), None)
        until = next(c for c in trainer.callback_handler.callbacks if isinstance(c, Until))
        if step is not None:
            until.looked_at, until.look = step.step, partial(gradients, trainer, step.rows)

    def _factor(self, plan: Plan) -> float:
        """What a resume's learning rates are multiplied by; a beginning takes them from the plan."""
        if not self.replay.start:
            return 1.0
        return plan.optimisation.learning_rate / self.plan.optimisation.learning_rate

    def _checkpoint(self, folder: Path) -> str | None:
        if not self.replay.start:
            return None
        name = f"checkpoint-{self.replay.start}"
        shutil.copytree(self.run.checkpoints / name, folder / name)
        return str(folder / name)

    def _order(self, rows: list[int], side: dict[str, Any]) -> list[int]:
        """Which entry stands where: from the second pair on in another order, but for the moment's own rows."""
        suspects = [i for i, row in enumerate(rows) if row in self.replay.rows]
        others = [i for i, row in enumerate(rows) if row not in self.together and row not in self.replay.rows]
        others = others or [i for i, row in enumerate(rows) if row not in self.replay.rows]
        lot, turned, order = random.Random(side["pair"]), list(others), list(range(len(rows)))
        if side["pair"]:
            lot.shuffle(turned)
        for place, entry in zip(others, turned, strict=True):
            order[place] = entry
        if side["changed"]:
            for place, entry in zip(suspects, lot.choices(others, k=len(suspects)), strict=True):
                order[place] = entry
        return order


def main() -> int:
    """Play all pairs, one after another."""
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    run, replay = Run(Path(request["run"])), Replay.model_validate(request["replay"])
    leash.hold(Path(sys.argv[1]).parent, replay.max_minutes)
    try:
        stage = Stage(run, replay, Path(sys.argv[2]))
        for pair in range(replay.pairs):
            for changed in (False, True):
                stage.play(pair, changed)
    except UserFacingError as error:
        sys.stderr.write(error.sentence() + "\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
