"""At which moment memory ran out: the first step, the longest batch, a look, the test, or bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from trainer.data.stored import examples_in
from trainer.diagnosis.dealt import read_steps
from trainer.diagnosis.efficiency import memory_creep
from trainer.diagnosis.record import record_of
from trainer.runs import Run

Moment = Literal["first step", "longest batch", "first look", "a later look", "test", "creep", "a step like others"]


@dataclass(frozen=True)
class Shortage:
    """When it ran out, and how that is known."""

    moment: Moment
    step: int
    why: str


WORDS: dict[Moment, str] = {
    "first step": "in the first step, so that no step fits: the batch or max_length is too large from the start",
    "longest batch": "at one of the longest batches so far: ordinary ones fit, the longest do not",
    "first look": "at the first look at the watched rows: its batches hold more than the training's",
    "a later look": "at a look at the watched rows, where earlier ones had fitted",
    "test": "in the test on the sealed rows, after the training",
    "creep": "bit by bit: memory grew over the whole run, so that something is kept from step to step",
    "a step like others": "at a step like those before it; another program may have taken the memory",
}


def ran_out(run: Run) -> Shortage | None:
    """The moment at which a run's memory ran out; None where it did not end by that."""
    ended = [e for e in run.events() if e["kind"] in ("repaired", "worker_ended")]
    if not ended or not _lack(ended[-1]):
        return None
    step = max([int(run.status().get("step") or 0), *(s.step for s in read_steps(run.folder))])
    moment, why = _moment(run, step)
    return Shortage(moment, step, why)


def _lack(event: dict[str, Any]) -> bool:
    return "out of memory" in str(event.get("reason") or event.get("why") or "")


def _moment(run: Run, step: int) -> tuple[Moment, str]:
    tested = any(e["kind"] == "trained" for e in run.events())
    if tested:
        return "test", "the training had ended"
    if (grown := memory_creep(record_of(run))) is not None:
        return "creep", grown.confidence_basis
    every = run.plan().evaluation.eval_steps
    looks = [row for row in run.history() if "eval_loss" in row]
    if step and step % every == 0 and not any(row["step"] == step for row in looks):
        return (
            "a later look" if looks else "first look"
        ), f"step {step} is one at which the watched rows are looked at"
    if step == 0:
        return "first step", "no step was made"
    return _by_length(run, step)


def _by_length(run: Run, step: int) -> tuple[Moment, str]:
    """Whether the step that was not finished was longer than those before: by the letters of its rows."""
    letters = {
        e.row: sum(len(c) for _, c in e.messages) + len(e.text) for e in examples_in(run.folder / "data/train.jsonl")
    }
    sums = {s.step: max((letters.get(n, 0) for n in s.rows), default=0) for s in read_steps(run.folder)}
    before = [n for at, n in sums.items() if at <= step]
    longest = max(letters.values(), default=0)
    if not before or max(before) >= longest:
        return "a step like others", "batches as long had fitted before"
    return (
        "longest batch",
        f"the longest rows ({longest:,} letters) had not come up in the {len(before):,} steps before",
    )
