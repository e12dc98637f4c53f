"""Where the time of a training goes: steps, looks, saves, waiting for rows. An event when it ends."""

from __future__ import annotations

import statistics
import time
from typing import Any

import psutil
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer.backends import ranks
from trainer.runs import Run

LEAST = 12
"""Steps before an early pace can be told from a late one."""


class Hours(TrainerCallback):
    """Measures with a clock around the steps; the saves are the trainer's own sum."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.steps: list[float] = []
        self.looks = self.between = self.ended = self.began = 0.0
        self.swapped = float(psutil.swap_memory().sout)
        self.throttled = ""

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """What lies between two steps is looks, saves and waiting for rows."""
        self.began = time.monotonic()
        self.between += self.began - self.ended if self.ended else 0.0

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """A step."""
        self.ended = time.monotonic()
        self.steps.append(self.ended - self.began)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Under load is when a GPU holds itself back."""
        self.throttled = throttled() or self.throttled

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """A look, by its own clock."""
        self.looks += float((metrics or {}).get("eval_runtime", 0.0))

    def tell(self, saving: float) -> None:
        """The event."""
        if not self.steps or not ranks.is_main():
            return
        waited = max(0.0, self.between - self.looks - saving)
        self.run.event(
            "spent",
            steps=round(sum(self.steps), 2),
            looks=round(self.looks, 2),
            saves=round(saving, 2),
            rows=round(waited, 2),
            slowed=self._slowed(),
            swapped_gb=round((psutil.swap_memory().sout - self.swapped) / 1e9, 2),
            throttled=self.throttled,
        )

    def _slowed(self) -> float | None:
        if len(self.steps) < LEAST:
            return None
        third = len(self.steps) // 3
        early, late = (statistics.median(part) for part in (self.steps[1 : third + 1], self.steps[-third:]))
        return round(late / max(early, 1e-9), 3)


def throttled() -> str:
    """Why the GPU holds itself back now, by its driver; '' where it does not, or there is none."""
    try:
        import pynvml

        pynvml.nvmlInit()
        reasons = pynvml.nvmlDeviceGetCurrentClocksEventReasons(pynvml.nvmlDeviceGetHandleByIndex(0))
    except Exception:  # noqa: BLE001  (no GPU, no driver, an old one: there is nothing to tell)
        return ""
    names = {
        "the GPU is too hot": pynvml.nvmlClocksThrottleReasonHwThermalSlowdown
        | pynvml.nvmlClocksThrottleReasonSwThermalSlowdown,
        "the GPU is at its power limit": pynvml.nvmlClocksThrottleReasonSwPowerCap,
    }
    return next((words for words, bits in names.items() if reasons & bits), "")
