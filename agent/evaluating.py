"""The evaluate command: a run's result, and on request the honest table beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent.commands import desk, follow, store
from tools import arguments as a
from tools.comparing import compare_runs
from tools.desk import ToolResult
from tools.evaluating import evaluate_run, harness_words, line_words, notes_of, ranked, weak_words
from trainer.errors import UserFacingError
from trainer.evaluation import examination, harness
from trainer.evaluation.sides import AT, Side, side
from trainer.evaluation.table import Table
from trainer.runs import Run

Tell = Callable[[str], None] | None
"""Hears how far a long work is."""


def evaluate(name: str, compared: bool = False, tell: Tell = None) -> ToolResult:
    """The result of a run; waits while it is being measured. `compared`: with the table, made where it lacks."""
    run = store().get(name)
    for _ in follow(run):
        pass
    if not run.result():
        raise UserFacingError(
            f"has no result: it is {run.status().get('status')}", run.id, "Resume it, or train it again."
        )
    if compared and examination.suits(run) and examination.read(run).get("status") != "finished":
        _examined(run, tell)
    return evaluate_run(a.Evaluate(run_id=name, compare_to_base=compared), desk())


def _examined(run: Run, tell: Tell) -> None:
    """Wait for the examination, which goes on where this process is ended."""
    examination.start(run)
    _told(examination.of(run).phases("could not be set beside prompting"), tell)


def on_harness(name: str, tasks: list[str], folder: Path | None, limit: int, tell: Tell = None) -> ToolResult:
    """A finished run on tasks of lm-evaluation-harness, beside its untrained model; waits for it."""
    work = harness.start(store().get(name), tasks, folder, limit)
    _told(work.phases(f"could not be tried on {', '.join(tasks)}"), tell)
    found = work.read()["tasks"]
    return ToolResult(harness_words(found), {"run_id": work.run.id, "tasks": found})


def compare(one: str, two: str, tell: Tell = None) -> ToolResult:
    """Two runs, checkpoints (run-1@30) or the untrained model (base) against each other; `tell`: how far it is."""
    for name in (one, two):
        if AT in name:
            _told(answering(side(store().get(name.partition(AT)[0]), name)), tell)
    return compare_runs(a.Compare(runs=[one, two]), desk())


def answering(one: Side) -> Iterator[str]:
    """Let a checkpoint answer the sealed rows, where it has not: how far it is, until it is done."""
    if one.lacks:
        one.let_answer()
        yield from (f"{one.words}: {words}" for words in one.aside.phases("could not answer the sealed rows"))


def _told(phases: Iterator[str], tell: Tell) -> None:
    for words in phases:
        if tell:
            tell(words)


def shown(run_id: str) -> dict[str, Any]:
    """The examination of a run for the page: {state} while there is no table, else {better, sentence, rows, notes}.

    A row: is it the tuned model, what answered, its figure, how far the tuned one is ahead. {} before it was asked for.
    """
    found = examination.read(store().get(run_id))
    if not found or found["status"] != "finished":
        return {"state": _state(found)} if found else {}
    table = Table.model_validate(found["table"])
    return {
        "better": found["verdict"]["better"],
        "sentence": found["verdict"]["sentence"],
        "rows": [(line.name == "tuned", *line_words(table, line)) for line in ranked(table)],
        "notes": [*notes_of(found), *weak_words(found)],
    }


def _state(found: dict[str, Any]) -> str:
    if found["status"] == "running":
        return f"The other ways of answering are being tried: {found.get('phase') or 'starting'}."
    why = found.get("reason") or "its process was killed"
    return f"It could not be made: {why}. Ask again: is it better than prompting?"
