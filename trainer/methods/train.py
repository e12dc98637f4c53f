"""One training run with TRL, from a plan."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from peft import LoraConfig
from transformers import EarlyStoppingCallback, set_seed
from trl import SFTConfig

from trainer.checkpoints import last_good
from trainer.errors import UserFacingError
from trainer.methods.arguments import lora_arguments, sft_arguments
from trainer.methods.dataset import dataset, encoded, examples_in
from trainer.methods.loss import AnswerLossTrainer
from trainer.methods.models import load_base, load_tokenizer
from trainer.methods.watch import Guard, Recorder, Sealer
from trainer.plan import Lora, Plan
from trainer.records import append
from trainer.runs import Run

EVALUATION_SHARE = 0.15
"""Part of a time limit that is kept for the test on the hold-out."""


def train(run: Run, plan: Plan, base: Path, resume: bool) -> bool:
    """Train to the end, or to a stop. Returns whether a person stopped it."""
    set_seed(plan.schedule.seed)
    guard = Guard(run, _deadline(run, plan, resume))
    trainer = _trainer(run, plan, base, guard)
    checkpoint = _checkpoint(run) if resume else None
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if guard.reason == "nan":
        last = run.last_checkpoint_name()
        raise UserFacingError(
            f"the loss is no longer a number at step {trainer.state.global_step}",
            run.id,
            f"The last good checkpoint is {last or 'none'}. Ask me why, or lower the learning rate.",
        )
    if guard.reason == "asked":
        run.set_status("stopped", step=trainer.state.global_step, saved=run.last_checkpoint_name())
        run.event("stopped", step=trainer.state.global_step)
        return True
    _keep(run, trainer)
    run.set_status("running", ended_by=guard.reason)
    return False


def _deadline(run: Run, plan: Plan, resume: bool) -> float | None:
    """Monotonic time at which training must end to leave room for the evaluation. Pauses don't count."""
    hours = plan.budget.max_hours
    if hours is None:
        return None
    created = float(run.status().get("created", time.time()))
    spent = _trained_seconds(run) if resume else time.time() - created
    return time.monotonic() + hours * 3600 * (1 - EVALUATION_SHARE) - spent


def _trained_seconds(run: Run) -> float:
    """Seconds of training in earlier sessions of a run: the last mark of each."""
    total = last = 0.0
    for row in run.metrics()[0]:
        if "resumed_from" in row:
            total, last = total + last, 0.0
        last = max(last, float(row.get("elapsed", 0.0)))
    return total + last


def _trainer(run: Run, plan: Plan, base: Path, guard: Guard) -> AnswerLossTrainer:
    rows = encoded(examples_in(run.folder / "data/train.jsonl"), plan, base)
    watched = encoded(examples_in(run.folder / "data/val.jsonl"), plan, base)
    if not rows or not watched:
        raise UserFacingError(
            "no row has a token to train on, or none is left to watch the loss on",
            run.id,
            "Raise max_length, check the roles.",
        )
    batch = plan.effective_batch_size
    total = max(plan.schedule.max_steps, round(len(rows) / batch * plan.schedule.num_train_epochs))
    run.event(
        "rows_encoded",
        train=len(rows),
        val=len(watched),
        tokens=sum(len(r.input_ids) for r in rows),
    )
    arguments = SFTConfig(**sft_arguments(plan, str(run.checkpoints), total))
    return AnswerLossTrainer(
        model=load_base(plan, base),
        args=arguments,
        processing_class=load_tokenizer(base),
        train_dataset=dataset(rows),
        eval_dataset=dataset(watched),
        peft_config=LoraConfig(**lora_arguments(plan.adapter)) if isinstance(plan.adapter, Lora) else None,
        callbacks=[Recorder(run), guard, Sealer(), *_stopping(plan)],
    )


def _stopping(plan: Plan) -> list[Any]:
    patience = plan.evaluation.early_stopping_patience
    if patience is None or not plan.evaluation.load_best_model_at_end:
        return []
    return [EarlyStoppingCallback(early_stopping_patience=patience)]


def _checkpoint(run: Run) -> Path | None:
    """The last whole checkpoint; broken newer ones are put aside and named."""
    good, broken = last_good(run.checkpoints)
    for name in broken:
        (run.checkpoints / name).rename(run.folder / f"broken-{name}-{time.time_ns()}")
    step = int(good.name.rsplit("-", 1)[1]) if good else 0
    run.event("resumed", step=step, broken=broken)
    append(run.folder / "metrics.jsonl", {"resumed_from": step})
    return good


def _keep(run: Run, trainer: AnswerLossTrainer) -> None:
    """Save the best weights with the tokenizer, and the training's own summary."""
    trainer.save_model(str(run.model))
    (run.model / "training_args.bin").unlink(missing_ok=True)  # a pickle; the plan says the same
    best = trainer.state.best_metric
    run.set_status(
        "running",
        step=trainer.state.global_step,
        best_eval_loss=best,
        best_checkpoint=Path(trainer.state.best_model_checkpoint or "").name or None,
    )
    run.event("trained", step=trainer.state.global_step, best_eval_loss=best)
