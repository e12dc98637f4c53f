"""A study's trainings as several processes share them: who carries out which, and what came of it.

All changes are made under one lock of the study's folder, so a training is given out once, the budget can't be passed,
and what a killed process had in hand is taken over where it stood.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from dataclasses import dataclass
from typing import Any, Literal

import optuna
from filelock import FileLock
from optuna.trial import FrozenTrial, TrialState

from tools.orders import SearchSettings
from tools.search.seen import Choice, Seen
from tools.search.space import own_values
from tools.search.storage import VARIABLE, storage_of
from tools.search.strategy import choose
from tools.search.study import Study, sign_is_fresh
from tools.search.suggesting import recorded
from trainer import processes
from trainer.errors import UserFacingError
from trainer.records import read_json, write_atomic

ENDED = ("why", "out_of_time")
"""Facts about a training that was stopped on purpose."""
STATES: dict[TrialState, Literal["running", "complete", "pruned", "fail"]] = {
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "fail",
}


@dataclass(frozen=True)
class Task:
    """One training in a worker's hands."""

    id: int
    """Optuna's id of the trial."""
    number: int
    choice: Choice
    attempt: int
    ended: dict[str, Any]
    """Why it was being stopped when its worker was lost; {} where it was not."""


class Trials:
    """The trainings of one study."""

    def __init__(self, study: Study) -> None:
        self.study, self.worker = study, f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        order = study.order()
        self.settings = order.search or SearchSettings(n_trials=1, space={})
        self.own = own_values(order.planned.plan, self.settings.space)
        self.lock = FileLock(study.folder / "lock")
        name = read_json(study.folder / "study.json").get("stored_as") or study.id
        with self.lock:
            self._same_storage()
            self.optuna = optuna.create_study(
                direction="minimize", study_name=name, storage=storage_of(study.folder), load_if_exists=True
            )

    def _same_storage(self) -> None:
        """A search stays where it was begun: elsewhere its trials would be made anew over the runs that are there."""
        kind = "a database" if os.environ.get(VARIABLE) else "its folder"
        known = read_json(self.study.folder / "study.json").get("storage")
        if known is None:
            self.study.write(storage=kind)
        elif known != kind:
            way = f"Set {VARIABLE} to it again." if known == "a database" else f"Unset {VARIABLE}."
            raise UserFacingError(f"{self.study.id} was begun in {known}", VARIABLE, way)

    # ---- who works here

    def sign(self) -> None:
        """A sign of life."""
        folder = self.study.folder / "workers"
        folder.mkdir(exist_ok=True)
        mark = processes.mark(os.getpid()) | {"host": socket.gethostname(), "at": time.time()}
        write_atomic(folder / f"{self.worker}.json", mark)

    def _alive(self, worker: str) -> bool:
        return sign_is_fresh(read_json(self.study.folder / "workers" / f"{worker}.json"))

    # ---- giving out

    def claim(self, late: bool = False) -> Task | Literal["wait", "ended"]:
        """The next training for this worker: a dead one's first. 'wait' while it depends on others."""
        with self.lock:
            found = self.optuna.get_trials(deepcopy=False)
            running = [t for t in found if t.state == TrialState.RUNNING]
            left = next((t for t in running if not self._alive(t.user_attrs.get("worker", ""))), None)
            if left is not None:
                self._set(left._trial_id, worker=self.worker)
                return _task(left)
            if late or len(found) >= self.settings.n_trials:
                return "wait" if running else "ended"
            choice = choose(self.settings, self.own, [seen(t) for t in found])
            return "wait" if choice is None else self._given(choice)

    def _given(self, choice: Choice) -> Task:
        known = {n: kind for n, kind in recorded(self.settings).items() if n in choice.values}
        facts = {"worker": self.worker, "share": choice.share, "purpose": choice.purpose, "of": choice.of}
        params = {name: choice.values[name] for name in known}
        self.optuna.add_trial(
            optuna.trial.create_trial(
                state=TrialState.RUNNING, params=params, distributions=known, user_attrs=facts | {"attempt": 0}
            )
        )
        return _task(self.optuna.get_trials(deepcopy=False)[-1])

    def note(self, task: Task, **facts: Any) -> None:
        """Facts about a training, for whoever goes on with it; nothing where another has it in hand by now."""
        with self.lock:
            if self._mine(task):
                self._set(task.id, **facts)

    def _mine(self, task: Task) -> bool:
        known = self.optuna.get_trials(deepcopy=False)[task.number]
        return known.state == TrialState.RUNNING and known.user_attrs.get("worker") == self.worker

    def _set(self, trial_id: int, **facts: Any) -> None:
        for name, value in facts.items():
            self.optuna._storage.set_trial_user_attr(trial_id, name, value)

    def told(self, task: Task, state: TrialState, value: float | None, **facts: Any) -> None:
        """What came of a training. A training that another has taken over and told is left as it is."""
        with self.lock:
            if not self._mine(task):
                return
            self._set(task.id, **facts, last=value)
            self.optuna.tell(task.number, value if state == TrialState.COMPLETE else None, state=state)
            self._published()

    # ---- what is known

    def seen(self) -> list[Seen]:
        """All trainings so far, in order."""
        return [seen(t) for t in self.optuna.get_trials(deepcopy=False)]

    def publish(self) -> None:
        """The state for the page and the command line."""
        with self.lock:
            self._published()

    def _published(self) -> None:
        rows = [row(t) for t in self.optuna.get_trials(deepcopy=False)]
        begun = read_json(self.study.folder / "study.json").get("begun", time.time())
        spent = {"spent": round(sum(r["spent"] for r in rows), 3), "seconds": round(time.time() - begun, 1)}
        self.study.write(trials=rows, **spent)


def _task(trial: FrozenTrial) -> Task:
    facts, one = trial.user_attrs, seen(trial)
    ended = {name: facts[name] for name in ENDED if name in facts}
    return Task(
        trial._trial_id,
        trial.number,
        Choice(one.values, one.share, one.purpose, one.of),
        facts.get("attempt", 0),
        ended,
    )


def seen(trial: FrozenTrial) -> Seen:
    """Optuna's record of a training as the strategy reads it."""
    facts = trial.user_attrs
    value = trial.value if trial.state == TrialState.COMPLETE else facts.get("last")
    purpose = facts.get("purpose", "sample" if trial.number else "plan")  # an older version noted none
    share, of = facts.get("share", 1.0), facts.get("of")
    losses = tuple(facts.get("losses", ()))
    weighed = facts.get("seconds"), facts.get("size")
    return Seen(trial.number, dict(trial.params), STATES[trial.state], value, share, purpose, of, losses, *weighed)


def row(trial: FrozenTrial) -> dict[str, Any]:
    """A training for programs and the page."""
    facts, one = trial.user_attrs, seen(trial)
    done = 1.0 if one.state == "complete" else facts.get("done", 0.0)
    return {
        "number": trial.number,
        "params": one.values,
        "value": trial.value if one.state == "complete" else None,
        "state": one.state,
        "run": facts.get("run"),
        "share": one.share,
        "purpose": one.purpose,
        "of": one.of,
        "spent": round(one.share * done, 4),
        "seconds": facts.get("seconds"),
        "size": facts.get("size"),
        "refused": bool(facts.get("refused")),
        "why": facts.get("why"),
        "out_of_time": bool(facts.get("out_of_time")),
    }
