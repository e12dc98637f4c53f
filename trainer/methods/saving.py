"""What every trainer of ours does beside TRL's: whole checkpoints, exact resumes, an early end of a lost cause.

`kept` lays it over a trainer, whichever of TRL's it is. A checkpoint is written in a staging folder,
flushed, checksummed and only then given its name. A wish to stop is met in the middle of a step or of a
validation too: what was begun is undone, so that the resumed run begins it anew.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import TrainerCallback

from trainer import room, stopping
from trainer.checkpoints import STAGING, flush, move, publish, rotate, whole
from trainer.methods import exact, together
from trainer.methods.adalora import is_cut
from trainer.methods.dealt import Ledger, Named, taken
from trainer.stopping import StopAsked

if TYPE_CHECKING:
    from transformers import Trainer as _Trained
else:
    _Trained = object

OWED = "evaluate_first"
"""A file in a checkpoint whose validation was cut short by a wish to stop."""
GPU_STRIDE = 5
"""Steps between two looks at the loss on a GPU, where each look waits for it."""
FP16_PATIENCE = 8
"""Losses in a row that may overflow in fp16 while its scale is being found."""


class Diverged(Exception):
    """The loss or a weight is no longer a number."""

    def __init__(self, step: int, rate: float, what: str = "the loss") -> None:
        self.step, self.rate, self.what = step, rate, what
        super().__init__(f"{what} is no longer a number at step {step} (learning rate {rate:.2g})")


class Kept(_Trained):
    """Laid over a trainer's class; `begin` is its constructor."""

    def begin(self) -> None:
        """Nothing is carried over yet."""
        self.staging = self.owed = self.cut_short = False
        self.carried: dict[str, Any] | None = None
        self.epoch_began: dict[str, Any] | None = None
        self.last_whole: dict[str, Any] | None = None
        self.losses: list[torch.Tensor] = []
        self.overflowed = 0
        self.saving_seconds = 0.0
        self.dealt: Ledger | None = None
        self.looked: Ledger | None = None
        self.add_callback(_Hooks(self))

    def record_rows(self, folder: Path) -> None:
        """From now on note which rows make each step and each validation (trainer.methods.dealt)."""
        file = folder / (f"steps-{self.args.process_index}.jsonl" if self.args.process_index else "steps.jsonl")
        self.data_collator = Named(self.data_collator)
        self.dealt, self.looked = Ledger(file), Ledger(file)

    # saving

    def _get_output_dir(self, trial: Any = None) -> str:
        own = Path(super()._get_output_dir(trial))
        return str(own / STAGING if self.staging else own)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write aside, then publish and rotate: the first process, once all have written their part."""
        began = time.monotonic()
        self._finite()
        folder = Path(self._get_output_dir(trial))
        folder.mkdir(parents=True, exist_ok=True)
        final = folder / f"checkpoint-{self.state.global_step}"
        with room.watched(folder), stopping.patiently():
            staged = self._write(model, trial, folder / STAGING / final.name)
            together.wait()
            self._point_to_best(folder)
            if self.is_world_process_zero():
                self.state.save_to_json(str(staged / "trainer_state.json"))
                publish(staged, final)
                rotate(folder, self.args.save_total_limit or 1, Path(self.state.best_model_checkpoint or "").name)
            together.wait()
        self.saving_seconds += time.monotonic() - began

    def _write(self, model: Any, trial: Any, staged: Path) -> Path:
        if self.is_world_process_zero():
            shutil.rmtree(staged.parent, ignore_errors=True)
            staged.mkdir(parents=True)
            if self.cut_short:
                (staged / OWED).touch()
        together.wait()
        now = exact.order_state(self.callback_handler.train_dataloader)
        state = {"sums": exact.running_sums(self), "epoch": self.epoch_began, "now": now}
        exact.write(staged, self.args.process_index, state)
        self.staging = True
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self.staging = False
        return staged

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None with a checkpoint: the run's own record says more."""

    def _point_to_best(self, folder: Path) -> None:
        """The best checkpoint under the name that it will have; the library sees it in the staging folder."""
        best = self.state.best_global_step
        if best and (best == self.state.global_step or (folder / f"checkpoint-{best}").is_dir()):
            self.state.best_model_checkpoint = str(folder / f"checkpoint-{best}")

    def _load_best_model(self) -> None:
        """The best checkpoint, if it is still as it was written; else the weights of the last step stay."""
        if stopping.asked() or is_cut(self.model):
            return
        if whole(Path(self.state.best_model_checkpoint or "")):
            super()._load_best_model()
        else:
            self.state.best_model_checkpoint = None

    # stopping and resuming

    def train(self, resume_from_checkpoint: Any = None, *given: Any, **named: Any) -> Any:
        """Train. None: a wish to stop ended it in the middle of something; the last whole step is saved."""
        if resume_from_checkpoint:
            folder = Path(resume_from_checkpoint)
            self.carried, self.owed = exact.read(folder, self.args.process_index), (folder / OWED).exists()
        with ExitStack() as self.while_training:
            try:
                return super().train(resume_from_checkpoint, *given, **named)
            except StopAsked:
                self._undo()
                return None

    def _load_from_checkpoint(self, *given: Any, **named: Any) -> None:
        """PEFT widens an adapter that it loads; beside quantised weights TRL trains it in half precision."""
        model: Any = self.model
        kinds = {name: weight.dtype for name, weight in model.named_parameters() if weight.requires_grad}
        super()._load_from_checkpoint(*given, **named)
        for name, weight in model.named_parameters():
            if name in kinds:
                weight.data = weight.data.to(kinds[name])

    def _undo(self) -> None:
        """Save as things stood after the last whole step, unless that is saved already."""
        for ledger in (self.dealt, self.looked):
            if ledger is not None:
                ledger.forget()
        folder = Path(self._get_output_dir()) / f"checkpoint-{self.state.global_step}"
        if self.state.global_step == 0 or self.last_whole is None or folder.is_dir():
            return
        exact.restore_randomness(self.last_whole["random"])
        exact.restore_sums(self, self.last_whole["sums"])
        model: Any = self.model
        model.zero_grad()
        self._save_checkpoint(model, None)
        self.callback_handler.on_save(self.args, self.state, self.control)

    def _run_epoch(self, *given: Any, **named: Any) -> None:
        """The library would train a step more when it resumes from the last one."""
        if self.state.global_step >= self.state.max_steps:
            self.control.should_training_stop = True
        else:
            super()._run_epoch(*given, **named)  # type: ignore[no-untyped-call]

    def epoch_begins(self) -> None:
        """Remember how the order of this epoch's rows comes about; on a resume let it come about again."""
        loader = self.callback_handler.train_dataloader
        if self.carried is not None and "now" in self.carried:
            between = float(self.state.epoch or 0).is_integer()
            exact.restore_order(loader, self.carried["now" if between else "epoch"], int(self.state.epoch or 0))
            self.carried = {"sums": self.carried["sums"]}
        self.epoch_began = exact.order_state(loader)

    def step_begins(self) -> None:
        """Before the first step of a resume: the sums as they were, and a validation that is owed."""
        if self.carried is not None:
            exact.restore_sums(self, self.carried["sums"])
            self.carried = None
        self._settle()
        self.remember()
        if not together.several():
            stopping.check()

    def remember(self) -> None:
        """How things stand after a whole step: where a wish to stop leads back to."""
        self.last_whole = {"random": exact.randomness(), "sums": exact.running_sums(self)}

    def _settle(self) -> None:
        if not self.owed:
            return
        self.owed = False
        metrics = self._evaluate(None, None)
        self._determine_best_metric(metrics, None)
        self._point_to_best(Path(self._get_output_dir()))

    def _evaluate(self, *given: Any, **named: Any) -> dict[str, float]:
        self.remember()
        self.cut_short = True
        metrics: dict[str, float] = super()._evaluate(*given, **named)
        self.cut_short = False
        if self.looked is not None:
            self.looked.write(self.state.global_step, eval=True)
        return metrics

    def _finalize_training(self, *given: Any, **named: Any) -> Any:
        self._settle()
        return super()._finalize_training(*given, **named)  # type: ignore[no-untyped-call]

    # an early end

    def training_step(self, model: Any, inputs: Any, *given: Any, **named: Any) -> torch.Tensor:
        """A step whose loss is looked at before it can move a weight."""
        rows = taken(inputs)
        loss: torch.Tensor = super().training_step(model, inputs, *given, **named)
        if self.dealt is not None:
            self.dealt.add(rows, getattr(self, "row_losses", []))
        self.losses.append(loss.detach())
        if len(self.losses) >= (GPU_STRIDE if loss.is_cuda else 1):
            bad = together.either(bool((~torch.isfinite(torch.stack(self.losses))).any()))
            self.losses = []
            self.overflowed = self.overflowed + 1 if bad else 0
            if self.overflowed > (FP16_PATIENCE if self.args.fp16 else 0):
                raise Diverged(self.state.global_step + 1, self._get_learning_rate())
        return loss

    def prediction_step(self, model: Any, inputs: Any, *given: Any, **named: Any) -> Any:
        """A validation's batch, its rows noted."""
        rows = taken(inputs)
        found = super().prediction_step(model, inputs, *given, **named)
        if self.looked is not None:
            self.looked.add(rows, getattr(self, "row_losses", []))
        return found

    def _finite(self) -> None:
        """A checkpoint holds numbers, or it is not written."""
        model: Any = self.model
        trained = (p for p in model.parameters() if p.requires_grad)
        if together.either(not all(bool(torch.isfinite(p).all()) for p in trained)):
            raise Diverged(self.state.global_step, self._get_learning_rate(), "a weight")


class _Hooks(TrainerCallback):
    """The moments at which `Kept` has something to do."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.trainer.while_training.enter_context(stopping.patiently())
        if together.either(stopping.asked()):
            raise StopAsked

    def on_epoch_begin(self, *_: Any, **__: Any) -> None:
        self.trainer.epoch_begins()

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.trainer.step_begins()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.trainer.dealt is not None:
            self.trainer.dealt.write(state.global_step)

    def on_substep_end(self, *_: Any, **__: Any) -> None:
        if not together.several():
            stopping.check()

    def on_prediction_step(self, *_: Any, **__: Any) -> None:
        if not together.several() and self.trainer.is_in_train:
            stopping.check()


def kept(trainer: Any) -> Any:
    """The trainer with `Kept` over its class: one place for all of TRL's trainers, which ten modules make."""
    kind = type(trainer)
    trainer.__class__ = type(f"Kept{kind.__name__}", (Kept, kind), {})
    trainer.begin()
    return trainer


def keep_model(trainer: Any, folder: Path) -> None:
    """The finished model, whole or absent like a checkpoint, without the pickle of the library's arguments."""
    staged = folder.with_name(f"{STAGING}-{folder.name}")
    with room.watched(folder.parent), stopping.patiently():
        shutil.rmtree(staged, ignore_errors=True)
        trainer.save_model(str(staged))
        together.wait()
        _best_cut(trainer, staged)
        if trainer.is_world_process_zero():
            (staged / "training_args.bin").unlink(missing_ok=True)
            flush(staged)
            move(staged, folder)
        together.wait()
    stopping.check()


def _best_cut(trainer: Any, staged: Path) -> None:
    """AdaLoRA's best checkpoint as it lies there: its ranks differ from the model's by now."""
    best = Path(trainer.state.best_model_checkpoint or "")
    wanted = trainer.args.load_best_model_at_end and trainer.is_world_process_zero()
    if wanted and is_cut(trainer.model) and whole(best):
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            shutil.copy2(best / name, staged / name)
