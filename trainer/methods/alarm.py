"""Watching a run while it goes: the rules over its record after each log, alerts in its events."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer import checkpoints
from trainer.backends import ranks
from trainer.diagnosis.history import History
from trainer.diagnosis.live import HOLDS, Lookout
from trainer.diagnosis.record import facts_of
from trainer.methods.watch import Guard
from trainer.runs import Run

LOOKS_AT_MOST = 200
"""Looks at a record of this many rows; a longer one is looked at as often in all, however long it grows."""


class Alarm(TrainerCallback):
    """Tells what the rules find, keeps the checkpoint before it, and holds the run where the plan says so.

    Held is stopped with everything saved: who is asked may take their time, and a resume goes on as if nothing was.
    """

    def __init__(self, run: Run, guard: Guard, holds: bool) -> None:
        self.run, self.guard, self.holds = run, guard, holds
        self.broken = not ranks.is_main()  # the first process looks for all
        self.facts: dict[str, Any] = {}
        self.rows: list[dict[str, Any]] = []
        self._safely(self._begin)

    def _begin(self) -> None:
        self.facts, self.rows = facts_of(self.run), self.run.history()
        self.lookout = Lookout({e["finding"]["label"] for e in self.run.events() if e["kind"] == "alert"})

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Look at the record as it is now, after each log of the training; of a long record more rarely."""
        if not logs or self.broken:
            return
        self.rows.append({**logs, "step": state.global_step})
        often = max(1, len(self.rows) // LOOKS_AT_MOST)
        if "loss" in logs and len(self.rows) % often == 0:
            self._safely(lambda: self._look(state.global_step, state.max_steps))

    def _look(self, step: int, last: int) -> None:
        facts = self.facts | {"max_steps": last}
        history = History.from_log(self.rows, facts, {"status": "running", "last_step": step})
        for finding in self.lookout.look(history):
            # at its end there is nothing left to hold
            holds = self.holds and finding.label in HOLDS and step < last
            kept = checkpoints.pin(self.run.checkpoints, finding.onset_step or step)
            self.run.event("alert", step=step, finding=finding.model_dump(mode="json"), holds=holds, kept=kept)
            if holds and self.guard.reason is None:
                self.guard.reason = "held"

    def _safely(self, look: Callable[[], None]) -> None:
        """A rule that breaks, or a record that can't be read, ends the watching, never the run."""
        if self.broken:
            return
        try:
            look()
        except Exception as error:  # noqa: BLE001  (hours of training are worth more than an alert)
            self.broken = True
            with suppress(OSError):
                self.run.event("watching_ended", error=f"{type(error).__name__}: {error}"[:300])
