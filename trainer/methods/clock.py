"""Stop-watches around a trainer and a model, for the probe."""

from __future__ import annotations

import time
from statistics import mean
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class Clock(TrainerCallback):
    """When steps, evaluations and saves ended; ends the training at a limit."""

    def __init__(self, began: float, limit: float) -> None:
        self.began, self.limit = began, limit
        self.first = 0.0
        self.ends: list[float] = []
        self.evaluated = self.saved = 0.0
        self.batches: list[tuple[int, float, float]] = []
        """Step it belongs to, tokens, seconds."""

    def watch(self, trainer: Any) -> None:
        """Time every batch of it, and count its tokens."""
        step = trainer.training_step

        def timed(model: Any, inputs: Any, *more: Any, **named: Any) -> Any:
            began = time.perf_counter()
            loss = step(model, inputs, *more, **named)
            _ = float(loss)  # on a GPU: wait for it
            self.batches.append((len(self.ends), tokens_of(inputs), time.perf_counter() - began))
            return loss

        trainer.training_step = timed

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Start-up is over."""
        self.first = time.time()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """A step is over; the last one when time is."""
        self.ends.append(time.time())
        if self.ends[-1] - self.began > self.limit:
            control.should_evaluate = control.should_save = control.should_training_stop = True

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The loss on the validation rows is known."""
        self.evaluated = time.time()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """A checkpoint is on the disk."""
        self.saved = time.time()

    def after_last(self, ended: float) -> float:
        """Seconds between the last save and the trainer's end."""
        return ended - max(self.saved, self.evaluated, self.ends[-1])

    def figures(self, warm: int, long: int, watched: int, accumulation: int) -> dict[str, Any]:
        """The measured seconds, by the names of `trainer.estimates.probed.Probe`."""
        took = [end - begin for begin, end in zip([self.first, *self.ends], self.ends, strict=False)]
        usual = list(range(warm + long, len(took))) or [len(took) - 1]
        heavy = list(range(min(warm + long, len(took)) - 1, min(warm + long, len(took))))
        looked = max(0.0, self.evaluated - self.ends[-1])
        typical = self._shape(took, usual)
        return {
            "started": self.first,
            "warm_up_seconds": max(0.0, took[0] - typical["seconds"]),
            "typical": typical,
            "longest": self._shape(took, heavy),
            "accumulation": accumulation,
            "eval_seconds_per_row": looked / max(1, watched),
            "save_seconds": max(0.0, self.saved - self.evaluated),
        }

    def _shape(self, took: list[float], steps: list[int]) -> dict[str, float]:
        seconds = sorted(took[i] for i in steps)
        batches = [b for b in self.batches if b[0] in steps] or self.batches
        kept = seconds[: max(1, len(seconds) - 1)] if len(seconds) > 3 else seconds  # without the most disturbed one
        middle = mean(kept)
        return {
            "seconds": middle,
            "tokens": mean(b[1] for b in batches),
            "batch_seconds": min(middle, mean(b[2] for b in batches)),
            "spread": (kept[-1] - kept[0]) / 2 / middle if middle else 0.0,
        }


def tokens_of(inputs: Any) -> int:
    """Tokens of a batch as it is computed, padding included; 0 where it holds none yet."""
    if not isinstance(inputs, dict):
        return 0
    return sum(int(value.numel()) for name, value in inputs.items() if name.endswith("input_ids"))


class Calls:
    """Counts and times the decoding calls of a model."""

    def __init__(self, model: Any) -> None:
        self.count, self.last, self.seconds = 0, 0.0, 0.0
        self._hooks = [
            model.register_forward_pre_hook(self._before, with_kwargs=True),
            model.register_forward_hook(self._after, with_kwargs=True),
        ]

    def _before(self, module: Any, args: Any, named: dict[str, Any]) -> None:
        # between two calls of one answer lies the choice of the token: it counts too
        self.start = self.last if self.last and time.perf_counter() - self.last < 1.0 else time.perf_counter()

    def _after(self, module: Any, args: Any, named: dict[str, Any], out: Any) -> None:
        self.last = 0.0
        if named.get("use_cache"):
            self.last = time.perf_counter()
            self.count, self.seconds = self.count + 1, self.seconds + self.last - self.start

    def remove(self) -> None:
        """Take the watches off."""
        for hook in self._hooks:
            hook.remove()
