"""Callbacks of the trainer: the record, the stop request, the time limit, NaN."""

from __future__ import annotations

import math
import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer import stopping
from trainer.backends import ranks
from trainer.methods import together
from trainer.records import append
from trainer.runs import Run

STATUS_EVERY = 0.5
"""Seconds between two writes of the status."""


class Recorder(TrainerCallback):
    """Writes every logged row and the progress into the run's folder."""

    def __init__(self, run: Run) -> None:
        self.run, self.last, self.started = run, 0.0, time.monotonic()
        self.first_step = 0

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Say how many steps there will be."""
        self.started, self.first_step = time.monotonic(), state.global_step
        self.run.set_status("running", max_steps=state.max_steps, step=state.global_step)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Progress, at most twice a second."""
        if time.monotonic() - self.last > STATUS_EVERY:
            self._progress(state)

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """A long validation is progress too."""
        if time.monotonic() - self.last > STATUS_EVERY:
            self._progress(state)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Announce a checkpoint: from here on it is promised that nothing before it is lost."""
        self.run.event("saved", step=state.global_step)
        self._progress(state)

    def _progress(self, state: TrainerState) -> None:
        self.last = time.monotonic()
        done = state.global_step - self.first_step
        pace = (self.last - self.started) / done if done else None
        eta = None if pace is None else pace * (state.max_steps - state.global_step)
        self.run.set_status(
            "running",
            step=state.global_step,
            max_steps=state.max_steps,
            epoch=state.epoch,
            eta_seconds=eta,
            seconds_per_step=pace,
        )

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Append the row as it came; a NaN stays a NaN. The first process writes for all."""
        if not ranks.is_main():
            return
        elapsed = round(time.monotonic() - self.started, 3)
        append(
            self.run.folder / "metrics.jsonl",
            {"step": state.global_step, "elapsed": elapsed, **(logs or {})},
        )
        self._progress(state)


class Guard(TrainerCallback):
    """Stops on request, on SIGTERM, at the time limit and on a loss that is no number."""

    def __init__(self, run: Run, deadline: float | None) -> None:
        self.run, self.deadline = run, deadline
        self.reason: str | None = None

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Look at the stop request and the clock after every step; all processes stop at the same one."""
        if self.reason is None and stopping.asked():
            self.reason = "asked"
        if self.reason is None and self.deadline is not None and time.monotonic() > self.deadline:
            self.reason = "time"
        self.reason = together.agree(self.reason)
        if self.reason == "time":
            self.run.event("time_limit", step=state.global_step)
            control.should_evaluate = True
        if self.reason is not None:
            control.should_save = self.reason != "nan"
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """A loss that is not finite ends the run: going on would only spread it."""
        bad = [k for k in ("loss", "grad_norm") if not math.isfinite(float((logs or {}).get(k, 0.0)))]
        if bad and state.global_step > 3:
            self.reason = "nan"
            self.run.event("nan", step=state.global_step, fields=bad)
            control.should_training_stop = True
