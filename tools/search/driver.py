"""The process that carries out an approved search: `python -m tools.search.driver STUDY_FOLDER`.

Each trial is a run of its own process. Trial 0 is the plan itself. A trial that dies is tried once
more and never stops the study. The sealed hold-out is not touched: the validation loss decides.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from tools.orders import SearchSettings
from tools.search.noise import LEAST, REPEATS
from tools.search.on_ray import placed
from tools.search.result import conclude
from tools.search.space import WHOLE, own_values
from tools.search.study import Study
from trainer import launch, waiting
from trainer.fields import replace
from trainer.plan import Plan
from trainer.records import dumps
from trainer.runs import ACTIVE, Run, RunStore

SURE_LOOKS = 3
"""Looks at the validation loss (of about eight) before a trial may be called hopeless."""
POLL = 0.5
"""Seconds between two looks at a trial."""


class Driver:
    """Asks Optuna for values, runs them, tells it the outcome."""

    def __init__(self, study: Study) -> None:
        self.study, self.order = study, study.order()
        self.settings = self.order.search or SearchSettings(n_trials=1, space={})
        self.plan, self.started = self.order.planned.plan, time.monotonic()
        self.lock = threading.Lock()
        self.optuna = optuna.create_study(
            direction="minimize",
            sampler=_sampler(self.settings),
            study_name=study.id,
            storage=_storage(study.folder),
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=SURE_LOOKS),
        )

    def run(self) -> None:
        """All trials, then the conclusion."""
        self._close_left_over()
        if not self.optuna.trials:
            self.optuna.enqueue_trial(own_values(self.order.planned.plan, self.settings.space))
        trials = self.settings.n_trials
        spared = REPEATS if trials >= LEAST else 0
        with placed(self.plan, self.settings.workers) as self.plan, ThreadPoolExecutor(self.settings.workers) as pool:
            list(pool.map(lambda _: self._one(), range(trials - spared)))
            if spared and (wanted := self._worth_repeating()):
                self.study.write(repeats=list(pool.map(lambda one: self._repeat(*one), wanted.items())))
            elif spared:
                list(pool.map(lambda _: self._one(), range(spared)))
        self.study.write(**conclude(self.optuna, self.order, self.study))

    def _worth_repeating(self) -> dict[str, optuna.trial.FrozenTrial]:
        """Recipe and best, where both were trained to their end and are not the same."""
        done = self.optuna.get_trials(states=(TrialState.COMPLETE,))
        first = next((t for t in done if t.number == 0), None)
        best = min(done, key=lambda t: t.value or 0.0, default=None)
        if first is None or best is None or best.number == 0 or self._late():
            return {}
        return {"recipe": first, "best": best}

    def _repeat(self, of: str, trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
        """A trial's values with another seed, on the trial's own rows: the sealed ones stay sealed."""
        proposal = self.order.planned
        plan = _looked_at_alike(replace(self.plan, trial.params | {"seed": self.plan.schedule.seed + 1}), proposal.plan)
        changed = proposal.model_copy(update={"plan": plan, "hash": plan.digest()})
        with self.lock:
            store = RunStore(self.study.folder)
            run, _ = store.create(changed, f"{self.study.id}-repeat-{of}", kind="trial", trial=f"{trial.number} again")
        for part in ("data", "sealed"):
            shutil.copytree(store.get(trial.user_attrs["run"]).folder / part, run.folder / part)
        launch.start(run)
        while run.status().get("status") in ACTIVE:
            if self._late():
                run.ask_stop()
            time.sleep(POLL)
        losses = [row["eval_loss"] for row in run.history() if isinstance(row.get("eval_loss"), float)]
        state, loss = _outcome(run, losses, pruned=False)
        return {"of": of, "trial": trial.number, "value": loss, "state": state.name.lower(), "run": run.id}

    def _close_left_over(self) -> None:
        """Trials of an earlier driver that was killed must not stay RUNNING."""
        for trial in self.optuna.get_trials(states=(TrialState.RUNNING,)):
            self.optuna.tell(trial.number, state=TrialState.FAIL)

    def _one(self) -> None:
        if self._late():
            return
        trial = self.optuna.ask()
        values = {name: _suggest(trial, name, spec) for name, spec in self.settings.space.items()}
        state, loss = self._attempt(trial, values)
        if state == TrialState.FAIL and not self._late():
            state, loss = self._attempt(trial, values, again=True)
        self.optuna.tell(trial, loss if state == TrialState.COMPLETE else None, state=state)
        self._publish()

    def _late(self) -> bool:
        limit = self.settings.max_hours
        return limit is not None and time.monotonic() - self.started > limit * 3600

    def _attempt(
        self, trial: optuna.Trial, values: dict[str, Any], again: bool = False
    ) -> tuple[TrialState, float | None]:
        proposal = self.order.planned
        plan = _looked_at_alike(replace(self.plan, values), proposal.plan)
        changed = proposal.model_copy(update={"plan": plan, "hash": plan.digest()})
        name = f"{self.study.id}-trial-{trial.number}{'-again' if again else ''}"
        with self.lock:
            run, _ = RunStore(self.study.folder).create(changed, name, kind="trial", trial=trial.number)
        trial.set_user_attr("run", run.id)
        launch.start(run)
        self._publish()
        return self._follow(trial, run)

    def _follow(self, trial: optuna.Trial, run: Run) -> tuple[TrialState, float | None]:
        """Report each validation loss; stop what is hopeless."""
        offset, losses, pruned = 0, [], False
        while True:
            active = run.status().get("status") in ACTIVE
            rows, offset = run.metrics(offset)
            for row in rows:
                if isinstance(row.get("eval_loss"), float):
                    losses.append(row["eval_loss"])
                    trial.report(row["eval_loss"], len(losses))
            if not pruned and (trial.should_prune() or self._late()):
                pruned = True
                trial.set_user_attr("out_of_time", self._late())
                run.ask_stop()
            if not active:
                return _outcome(run, losses, pruned)
            time.sleep(POLL)

    def _publish(self) -> None:
        """The state for the page and the command line."""
        with self.lock:
            rows = [
                {
                    "number": t.number,
                    "params": t.params,
                    "value": t.value,
                    "state": t.state.name.lower(),
                    "run": t.user_attrs.get("run"),
                }
                for t in self.optuna.trials
            ]
            self.study.write(trials=rows)


def _looked_at_alike(plan: Plan, own: Plan) -> Plan:
    """A look after the same share of the data, whatever the batch: else small batches seem hopeless."""
    rows = own.evaluation.eval_steps * own.effective_batch_size
    return replace(plan, {"eval_steps": max(1, round(rows / plan.effective_batch_size))})


def _outcome(run: Run, losses: list[float], pruned: bool) -> tuple[TrialState, float | None]:
    status = run.status().get("status")
    _tidy(run)
    if pruned:
        return TrialState.PRUNED, None
    if status == "finished" and losses:
        return TrialState.COMPLETE, min(losses)
    return TrialState.FAIL, None


def _tidy(run: Run) -> None:
    """A trial's weights are not kept: the best plan is trained anew once it is approved."""
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    shutil.rmtree(run.model, ignore_errors=True)


def _storage(folder: Path) -> optuna.storages.BaseStorage:
    from optuna.storages.journal import JournalFileBackend

    return optuna.storages.JournalStorage(JournalFileBackend(str(folder / "optuna.log")))


def _sampler(settings: SearchSettings) -> optuna.samplers.BaseSampler:
    if settings.algorithm == "random":
        return optuna.samplers.RandomSampler(seed=settings.seed)
    if settings.algorithm == "grid":
        grid = {name: spec.get("choices") or [spec["low"], spec["high"]] for name, spec in settings.space.items()}
        return optuna.samplers.GridSampler(grid, seed=settings.seed)
    return optuna.samplers.TPESampler(
        seed=settings.seed, n_startup_trials=4, multivariate=True, warn_independent_sampling=False
    )


def _suggest(trial: optuna.Trial, name: str, spec: dict[str, Any]) -> Any:
    if "choices" in spec:
        return trial.suggest_categorical(name, spec["choices"])
    low, high, log = spec["low"], spec["high"], bool(spec.get("log"))
    if name in WHOLE:
        return trial.suggest_int(name, int(low), int(high), log=log)
    return trial.suggest_float(name, low, high, log=log)


def main() -> None:
    """Entry of the driver; a failure is written into the study's state."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = Study(Path(sys.argv[1]))
    study.mark()
    try:
        with waiting.party(study.folder.parents[1], study.claim(), study.stands) as place:
            os.environ.update(place.env())
            Driver(study).run()
    except Exception as error:  # noqa: BLE001  (the process boundary: nothing may vanish)
        traceback.print_exc()
        study.write(
            status="failed",
            text=f"The search failed: {type(error).__name__}: {dumps(str(error))[:300]}",
        )


if __name__ == "__main__":
    main()
