"""Watching a run while it goes: the rules over its record after each log, alerts in its events."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer import checkpoints
from trainer.backends import ranks
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.live import HOLDS, Lookout
from trainer.diagnosis.record import facts_of
from trainer.methods.watch import Guard
from trainer.runs import Run


class Alarm(TrainerCallback):
    """Tells what the rules find, keeps the checkpoint before it, and holds the run where the plan says so.

    Held is stopped with everything saved: who is asked may take their time, and a resume goes on as if nothing was.
    """

    def __init__(self, run: Run, guard: Guard, holds: bool) -> None:
        self.run, self.guard, self.holds = run, guard, holds
        self.facts = facts_of(run)
        self.rows = run.history()
        self.broken = False
        self.lookout = Lookout({e["finding"]["label"] for e in run.events() if e["kind"] == "alert"})

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Look at the record as it is now. The first process looks for all."""
        if not logs or not ranks.is_main():
            return
        if self.broken:
            return
        self.rows.append({**logs, "step": state.global_step})
        facts = self.facts | {"max_steps": state.max_steps}
        history = History.from_log(self.rows, facts, {"status": "running", "last_step": state.global_step})
        for finding in self._found(history):
            holds = self.holds and finding.label in HOLDS
            kept = checkpoints.pin(self.run.checkpoints, finding.onset_step or state.global_step)
            document = finding.model_dump(mode="json")
            self.run.event("alert", step=state.global_step, finding=document, holds=holds, kept=kept)
            if holds and self.guard.reason is None:
                self.guard.reason = "held"

    def _found(self, history: History) -> list[Finding]:
        """What is to be told now. A rule that breaks ends the watching, never the run."""
        try:
            return self.lookout.look(history)
        except Exception as error:  # noqa: BLE001  (hours of training are worth more than an alert)
            self.broken = True
            self.run.event("watching_ended", error=f"{type(error).__name__}: {error}"[:300])
            return []
