"""A process that carries out a study's trainings until none is left: `python -m tools.search.worker STUDY_FOLDER`.

Any number of them may work on one study. Each training is a run of its own; one that dies is tried once more and
stops nothing. The sealed hold-out is not touched: the validation loss decides.
"""

from __future__ import annotations

import math
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from tools.search.outlook import hopeless
from tools.search.plans import LOOKS, trial_plan
from tools.search.result import conclude
from tools.search.room import Room, trained_numbers
from tools.search.strategy import to_beat
from tools.search.study import Study
from tools.search.trials import Task, Trials
from trainer import launch
from trainer.errors import UserFacingError
from trainer.plan import Plan
from trainer.runs import ACTIVE, Run, RunStore

POLL = 0.5
"""Seconds between two looks at a training."""
TRIES = 2
"""How often a training is begun before it counts as failed."""


class Worker:
    """Takes trainings, runs them, tells what came of them."""

    def __init__(self, study: Study, plan: Plan | None = None) -> None:
        """plan: the study's own with the address of its cluster, where it has one."""
        self.study, self.trials = study, Trials(study)
        self.proposal = study.order().planned
        self.plan = plan or self.proposal.plan
        self.settings = self.trials.settings
        self.room = Room(self.proposal, self.settings)

    def run(self) -> None:
        """All trainings that there are, then the conclusion, if nobody else has drawn it."""
        while (task := self._next()) != "ended":
            if isinstance(task, Task):
                self._carry_out(task)
            else:
                time.sleep(POLL)
        with self.trials.lock:
            if self.study.state().get("status") in ("running", "died"):
                self.study.write(**conclude(self.trials, self.study))

    def _next(self) -> Any:
        self.trials.sign()
        return self.trials.claim(self.study.late())

    def _carry_out(self, task: Task) -> None:
        if why := self.room.refused(task.choice):
            self.trials.told(task, TrialState.PRUNED, None, why=why, refused=True)
            return
        for attempt in range(task.attempt, TRIES):
            self.trials.note(task, attempt=attempt)
            try:
                state, value, facts = self._attempt(task, attempt)
            except UserFacingError as error:
                state, value, facts = TrialState.FAIL, None, {"why": error.sentence()}
            if state != TrialState.FAIL or self.study.late():
                break
        self.trials.told(task, state, value, **facts)

    def _attempt(self, task: Task, attempt: int) -> tuple[TrialState, float | None, dict[str, Any]]:
        run = self._run_of(task, attempt)
        self.trials.note(task, run=run.id, size=trained_numbers(run.plan()))
        if not (run.folder / "process.json").exists():
            launch.start(run)
        elif run.status().get("status") == "died":  # with the worker that had it in hand
            launch.start(run, resume=run.last_checkpoint_name() is not None)
        self.trials.publish()
        return self._follow(task, run)

    def _run_of(self, task: Task, attempt: int) -> Run:
        """The training's run; the same for whoever takes it over."""
        choice, again = task.choice, task.choice.purpose == "again"
        seed = self.plan.schedule.seed + again
        plan = trial_plan(self.plan, choice.values, self.settings, choice.share, seed)
        changed = self.proposal.model_copy(update={"plan": plan, "hash": plan.digest()})
        store = RunStore(self.study.folder)
        name = f"{self.study.id}-trial-{task.number}{'-again' if attempt else ''}"
        run, _ = store.create(changed, name, kind="trial", trial=task.number)
        if again:
            self._same_rows(run, task)
        return run

    def _same_rows(self, run: Run, task: Task) -> None:
        """A repeat trains on the rows of what it repeats: another seed must not unseal any."""
        of = next(t for t in self.study.state()["trials"] if t["number"] == task.choice.of)
        source = RunStore(self.study.folder).get(of["run"]).folder
        for part in ("data", "sealed"):
            if not (run.folder / part).exists():
                copy = run.folder / f"{part}.part"
                shutil.rmtree(copy, ignore_errors=True)  # of a worker that was killed while it copied
                shutil.copytree(source / part, copy)
                copy.rename(run.folder / part)

    def _follow(self, task: Task, run: Run) -> tuple[TrialState, float | None, dict[str, Any]]:
        """Read each validation loss; stop what is hopeless."""
        ended, weighed = task.ended, 0
        while True:
            active = run.status().get("status") in ACTIVE
            losses = _losses(run)
            self.trials.sign()
            if not ended and active:
                # all trials are read for it, from a database perhaps: only where there is a new look to weigh
                lost = len(losses) > weighed and self._hopeless(task, run, losses)
                ended = {"out_of_time": True} if self.study.late() else {"why": "hopeless"} if lost else {}
                weighed = len(losses)
                if ended:
                    self.trials.note(task, **ended)
                    run.ask_stop()
            if not active:
                return _outcome(run, losses, ended)
            time.sleep(POLL)

    def _hopeless(self, task: Task, run: Run, losses: list[float]) -> bool:
        if task.choice.purpose in ("plan", "again") or not self.settings.prune or len(self.settings.objectives) > 1:
            return False  # the plan and the repeats are what others are measured by; a quick one may lag in loss
        looks = round(run.status().get("max_steps", 0) / max(1, run.plan().evaluation.eval_steps))
        return hopeless(losses, looks or LOOKS, to_beat(self.trials.seen(), task.choice.share))


def _losses(run: Run) -> list[float]:
    return [row["eval_loss"] for row in run.history() if isinstance(row.get("eval_loss"), float)]


def _outcome(run: Run, losses: list[float], ended: dict[str, Any]) -> tuple[TrialState, float | None, dict[str, Any]]:
    state = run.status()
    _tidy(run)
    done = min(1.0, state.get("step", 0) / max(1, state.get("max_steps", 1)))
    finite = [loss for loss in losses if math.isfinite(loss)]
    facts = ended | {"done": round(done, 3), "losses": finite, "seconds": round(run.trained_seconds(), 1)}
    if ended:
        return TrialState.PRUNED, min(finite, default=None), facts
    if state.get("status") == "finished" and finite:
        return TrialState.COMPLETE, min(finite), facts
    return TrialState.FAIL, None, facts | {"why": str(state.get("reason") or "")[:300]}


def _tidy(run: Run) -> None:
    """A trial's weights are not kept: the best plan is trained anew once it is approved."""
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    shutil.rmtree(run.model, ignore_errors=True)


def main() -> None:
    """Entry of a worker."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = Study(Path(sys.argv[1]))
    try:
        Worker(study, study.placed_plan()).run()
    except Exception:  # noqa: BLE001  (the process boundary: the driver sees that it is gone, the log says why)
        traceback.print_exc()
        sys.exit(1)


if __name__ == "__main__":
    main()
