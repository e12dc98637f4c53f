"""After a run: the story in five sentences, whether the epochs were right, and what to try next as a plan's diff."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tools.suspecting import hardest_words
from tools.words import number
from trainer import planfile
from trainer.diagnosis import diagnose
from trainer.diagnosis.catalogue import entry
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.fixes import own_fields
from trainer.diagnosis.history import History
from trainer.diagnosis.record import record_of
from trainer.diagnosis.stats import clean, head, tail
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, diff, replace
from trainer.proposal import Proposal
from trainer.replays.carry_out import outcomes
from trainer.replays.outcome import Outcome
from trainer.runs import Run

FALLS = 0.02
"""Share of the eval loss by which it must still fall at the end for more epochs to be worth a try."""
MORE_EPOCHS = 1.5


@dataclass(frozen=True)
class Report:
    """What can be said of a run that has ended."""

    run_id: str
    story: list[str]
    epochs: str
    findings: list[Finding]
    next_changes: dict[str, tuple[Any, Any]]
    rows_words: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    replays: list[Outcome] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "run_id": self.run_id,
            "story": self.story,
            "epochs": self.epochs,
            "findings": [f.model_dump(mode="json") for f in self.findings],
            "next": {"changes": self.next_changes, "words": self.story[-1]},
            "rows": self.rows,
            "replays": [o.model_dump(mode="json") for o in self.replays],
        }


def report_of(run: Run, redact: bool = False) -> Report:
    """The report. Raises UserFacingError for a run that has logged nothing."""
    history = record_of(run)
    if not len(history.train):
        raise UserFacingError(f"{run.id} has logged nothing yet, so there is nothing to report", "", "")
    found = diagnose(history)
    changes = next_changes(run, history, found)
    told, rows = hardest_words(run, redact)
    return Report(
        run_id=run.id,
        story=[_what(run), _course(history), _event(found), _outcome(run), _next(changes, found)],
        epochs=epochs_words(history),
        findings=[f for f in found if f.label != "healthy"],
        next_changes=changes,
        rows_words=told,
        rows=rows,
        replays=outcomes(run),
    )


def _what(run: Run) -> str:
    plan, proof, state = run.effective_plan(), run.proposal().preflight, run.status()
    spent = run.trained_seconds()
    took = f" in {spent / 60:.0f} minutes" if spent >= 90 else f" in {spent:.0f} seconds" if spent else ""
    steps = f"{state.get('step', 0):,} of {state.get('max_steps', 0):,} steps"
    end = "" if state.get("status") == "finished" else f" and is {state.get('status')}"
    return (
        f"{run.id} trained {plan.base_model} ({plan.method.method}, {plan.adapter.tuning}) on "
        f"{proof.train_rows:,} rows for {steps}{took}{end}."
    )


def _course(history: History) -> str:
    loss = clean(history.loss)
    if not len(loss):
        return "No finite loss was logged."
    at, evals = history.evals.finite("eval_loss")
    told = f"The loss went from {number(head(loss))} to {number(tail(loss, 0.1))}"
    if not len(evals):
        return f"{told}; no rows were watched beside it."
    least = int(np.argmin(evals))
    lowest = f"lowest at step {int(at[least]):,} with {number(float(evals[least]))}"
    return f"{told}, and on the watched rows it was {lowest}."


def _event(found: list[Finding]) -> str:
    odd = [f for f in found if f.label != "healthy"]
    if not odd:
        return "Nothing in the curve is out of the ordinary."
    first = odd[0]
    where = f" from step {first.onset_step:,} on" if first.onset_step and first.onset_step > 1 else ""
    more = f"; also seen: {', '.join(entry(f.label).name for f in odd[1:3])}" if odd[1:] else ""
    return f"What stands out{where} is most likely {entry(first.label).name}{more}."


def _outcome(run: Run) -> str:
    result = run.result()
    if result:
        return str(result["verdict"]["sentence"])
    reason = run.status().get("reason")
    return f"It was not tested on the sealed rows{f': {reason}' if reason else ''}.".replace("..", ".")


def _next(changes: dict[str, tuple[Any, Any]], found: list[Finding]) -> str:
    if not changes and any(f.label == "bad_batch" for f in found):
        return "Next: look at the rows that stand out, and leave out or mend those that are wrong."
    if not changes:
        return "Next: no setting asks to be changed; more or cleaner rows would do more than another rate."
    told = ", ".join(f"{name} {number(old)} -> {number(new)}" for name, (old, new) in changes.items())
    return f"Next: {told}."


def epochs_words(history: History) -> str:
    """Whether the passes over the data were too many, too few or right."""
    at, evals = history.evals.finite("eval_loss")
    if len(evals) < 3 or not history.steps_per_epoch:
        return "Whether the epochs were right can't be told: the watched rows were looked at fewer than three times."
    least = int(np.argmin(evals))
    best, last = float(at[least]) / history.steps_per_epoch, float(at[-1]) / history.steps_per_epoch
    where = f"The eval loss was lowest after {best:.1f} of {last:.1f} epochs"
    if least == len(evals) - 1 and evals[-2] - evals[-1] > FALLS * abs(evals[-2]):
        return f"{where} and still fell: more epochs may help."
    if best < 0.75 * last and evals[-1] > (1 + FALLS) * evals[least]:
        return f"{where} and rose after that: {max(1, round(best))} would have done."
    return f"{where}: about right."


def next_changes(run: Run, history: History, found: list[Finding]) -> dict[str, tuple[Any, Any]]:
    """Field -> (now, to try): the gravest finding's fix where the plan has such fields, else what the epochs say."""
    plan = run.plan()
    for finding in found:
        fix = {name: value for name, value in own_fields(finding.fix).items() if name in SECTION_OF}
        if fix and (changed := _changed(run, fix)):
            return changed
    if "still fell" in epochs_words(history) and plan.schedule.max_steps < 0:
        return _changed(run, {"num_train_epochs": round(plan.schedule.num_train_epochs * MORE_EPOCHS, 1)})
    return {}


def _changed(run: Run, fix: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What a fix changes in the run's plan; {} where the plan can't hold it."""
    try:
        return diff(run.plan(), replace(run.plan(), fix))
    except UserFacingError:
        return {}


def next_plan(run: Run, changes: dict[str, tuple[Any, Any]]) -> Proposal:
    """The run's plan with the changes, examined anew, to be approved like any other."""
    if not changes:
        raise UserFacingError(f"the report of {run.id} asks for no change", "", "Change a value yourself.")
    return planfile.proposal_from(replace(run.plan(), {name: new for name, (_, new) in changes.items()}))
