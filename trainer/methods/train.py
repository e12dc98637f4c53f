"""One training run with TRL, from a plan."""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from peft.tuners.tuners_utils import BaseTunerLayer
from torch.nn import Linear
from transformers import EarlyStoppingCallback, set_seed

from trainer import processes
from trainer.backends import ranks
from trainer.checkpoints import last_good, put_aside, step_of, tidy
from trainer.data.stored import examples_in
from trainer.errors import UserFacingError
from trainer.installed import versions
from trainer.methods import together
from trainer.methods.alarm import Alarm
from trainer.methods.build import trainer_for
from trainer.methods.hours import Hours
from trainer.methods.ready import check_device
from trainer.methods.saving import Diverged, keep_model, kept
from trainer.methods.setup import Setup
from trainer.methods.watch import Guard, Recorder
from trainer.plan import AdaLora, Plan
from trainer.records import append
from trainer.runs import Run

EVALUATION_SHARE = 0.15
"""Part of a time limit that is kept for the test on the hold-out."""


def train(run: Run, plan: Plan, base: Path, resume: bool) -> bool:
    """Train to the end, or to a stop. Returns whether a person stopped it."""
    check_device(plan)
    set_seed(plan.schedule.seed)
    guard, hours = Guard(run, _deadline(run, plan, resume)), Hours(run)
    trainer = kept(_trainer(run, plan, base, [Recorder(run), guard, hours, *_watching(run, plan, guard)]))
    trainer.record_rows(run.folder)
    ranks.check(plan, trainer.accelerator.num_processes)
    checkpoint = together.from_main(lambda: _checkpoint(run, plan)) if resume else None
    try:
        done = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except Diverged as error:
        raise _diverged(run, error) from None
    finally:
        with suppress(OSError):  # a full disk has its own sentence
            hours.tell(trainer.saving_seconds)
    if guard.reason == "nan":
        last = run.last_checkpoint_name()
        raise UserFacingError(
            f"the loss is no longer a number at step {trainer.state.global_step}",
            run.id,
            f"The last good checkpoint is {last or 'none'}. Ask me why, or lower the learning rate.",
        )
    if guard.reason == "held":
        return _held(run, trainer)
    if guard.reason == "asked" or done is None:
        run.set_status("stopped", step=trainer.state.global_step, saved=run.last_checkpoint_name())
        run.event("stopped", step=trainer.state.global_step)
        return True
    _some_steps(run, plan, trainer)
    _keep(run, trainer)
    run.set_status("running", ended_by=guard.reason)
    return False


def _held(run: Run, trainer: Any) -> bool:
    """Stopped to ask: everything is saved, and a resume goes on."""
    label = next(e["finding"]["label"] for e in reversed(run.events()) if e["kind"] == "alert" and e["holds"])
    words = f"held to ask you: {label.replace('_', ' ')}. Ask me why; 'resume' goes on all the same"
    run.set_status("stopped", step=trainer.state.global_step, reason=words, saved=run.last_checkpoint_name())
    run.event("held", step=trainer.state.global_step, label=label)
    return True


def _some_steps(run: Run, plan: Plan, trainer: Any) -> None:
    """A trainer with fewer rows than one batch of answers ends at once, as if all were well."""
    if trainer.state.global_step == 0:
        raise UserFacingError(
            f"{len(trainer.train_dataset)} rows are fewer than a step takes ({plan.effective_batch_size}): "
            "not one step was made",
            run.id,
            "Plan again with a smaller effective_batch_size, or with more rows.",
        )


def _diverged(run: Run, error: Diverged) -> UserFacingError:
    """The row that the record would lack, and the sentence."""
    append(run.folder / "metrics.jsonl", {"step": error.step, "loss": math.nan, "learning_rate": error.rate})
    run.event("nan", step=error.step, fields=["loss"])
    run.set_status("running", step=error.step)
    last = run.last_checkpoint_name()
    fix = f"The last good checkpoint is {last or 'none'}. Ask me why, or lower the learning rate."
    return UserFacingError(str(error), run.id, fix)


def _deadline(run: Run, plan: Plan, resume: bool) -> float | None:
    """Monotonic time at which training must end to leave room for the evaluation. Pauses don't count."""
    hours = plan.budget.max_hours
    if hours is None:
        return None
    spent = processes.age() + (run.trained_seconds() if resume else 0.0)
    return time.monotonic() + hours * 3600 * (1 - EVALUATION_SHARE) - spent


def _trainer(run: Run, plan: Plan, base: Path, callbacks: list[Any]) -> Any:
    rows, watched = (examples_in(run.folder / f"data/{name}.jsonl") for name in ("train", "val"))
    setup = Setup(
        plan=plan,
        base=base,
        train=rows,
        val=watched,
        output_dir=run.checkpoints,
        total_steps=run.proposal().estimates.steps,
        callbacks=[*callbacks, *_stopping(plan)],
        note=lambda facts: run.event("note", **facts),
    )
    trainer = trainer_for(setup)
    held = {"train": len(trainer.train_dataset), "val": len(trainer.eval_dataset)}
    if not all(held.values()):
        raise UserFacingError(
            "no row has a token to train on, or none is left to watch the loss on",
            run.id,
            "Raise max_length, check the roles.",
        )
    run.event("rows_encoded", **held)
    run.event("weights", **_weights(trainer.model))
    run.event("versions", **versions())
    return trainer


def _watching(run: Run, plan: Plan, guard: Guard) -> list[Any]:
    """The rules, live. A search prunes its trials by itself: they are watched and never held."""
    trial = run.status().get("kind") == "trial"
    return [Alarm(run, guard, holds=plan.evaluation.on_divergence == "ask" and not trial)]


def _weights(model: Any) -> dict[str, int]:
    """How many weights move, of how many; how many linear layers carry an adapter, of how many."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    adapted = [m for m in model.modules() if isinstance(m, BaseTunerLayer)]
    inside = re.compile(r"\.\d+\.")
    linears = [n for n, m in model.named_modules() if isinstance(m, Linear) and inside.search(n) and "lora_" not in n]
    return {
        "trainable": sum(n for n, moves in sizes if moves),
        "all": sum(n for n, _ in sizes),
        "adapted": len(adapted),
        "linears": len(linears),
    }


def _stopping(plan: Plan) -> list[Any]:
    patience = plan.evaluation.early_stopping_patience
    if patience is None or not plan.evaluation.load_best_model_at_end:
        return []
    return [EarlyStoppingCallback(early_stopping_patience=patience)]


def _checkpoint(run: Run, plan: Plan) -> Path | None:
    """The last whole checkpoint; broken newer ones are put aside and named."""
    tidy(run.checkpoints)
    if isinstance(plan.adapter, AdaLora):
        # PEFT saves its matrices cut to the ranks of the moment, which fit neither the model nor the optimizer
        run.event("resumed", step=0, broken=[], words="an AdaLoRA run can't go on from the middle: it begins anew")
        append(run.folder / "metrics.jsonl", {"resumed_from": 0})
        return None
    good, broken = last_good(run.checkpoints)
    put_aside(run.checkpoints, broken)
    step = step_of(good) if good else 0
    files = sorted(f.name for f in good.iterdir()) if good else []
    run.event("resumed", step=step, broken=broken, files=files)
    if broken:
        instead = f"going on from {good.name}" if good else "there is no whole one, so it begins anew"
        words = f"{', '.join(broken)}: damaged (a file is missing or its checksum differs) and put aside; {instead}"
        run.set_status("starting", phase=words)
        run.event("damaged", checkpoints=broken, words=words)
    append(run.folder / "metrics.jsonl", {"resumed_from": step})
    return good


def _keep(run: Run, trainer: Any) -> None:
    """Save the best weights with the tokenizer, and the training's own summary."""
    keep_model(trainer, run.model)
    best = {trainer.args.metric_for_best_model.replace("eval_", "best_eval_"): trainer.state.best_metric}
    run.set_status(
        "running",
        step=trainer.state.global_step,
        **best,
        best_checkpoint=Path(trainer.state.best_model_checkpoint or "").name or None,
    )
    run.event("trained", step=trainer.state.global_step, **best)
