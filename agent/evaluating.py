"""The evaluate command: a run's result, and on request the honest table beside it."""

from __future__ import annotations

import time
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
from trainer.evaluation.aside import Aside
from trainer.evaluation.sides import AT, Side, side
from trainer.evaluation.table import Table
from trainer.runs import Run

POLL = 0.5


def evaluate(name: str, compared: bool = False, tell: Callable[[str], None] | None = None) -> ToolResult:
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


def _examined(run: Run, tell: Callable[[str], None] | None) -> None:
    """Wait for the examination, which goes on where this process is ended."""
    examination.start(run)
    for words in _phases(examination.of(run)):
        if tell:
            tell(words)
    if (found := examination.read(run)).get("status") != "finished":
        why = found.get("reason") or "its process was killed"
        raise UserFacingError(f"could not be set beside prompting: {why}", run.id, "Ask again; its result stays.")


def on_harness(
    name: str, tasks: list[str], folder: Path | None, limit: int, tell: Callable[[str], None] | None = None
) -> ToolResult:
    """A finished run on tasks of lm-evaluation-harness, beside its untrained model; waits for it."""
    work = harness.start(store().get(name), tasks, folder, limit)
    for words in _phases(work):
        if tell:
            tell(words)
    found = work.read()
    if found.get("status") != "finished":
        why = found.get("reason") or "its process was killed"
        raise UserFacingError(f"could not be tried on {', '.join(tasks)}: {why}", work.run.id, "")
    return ToolResult(harness_words(found["tasks"]), {"run_id": work.run.id, "tasks": found["tasks"]})


def compare(one: str, two: str, tell: Callable[[str], None] | None = None) -> ToolResult:
    """Two runs, checkpoints (run-1@30) or the untrained model (base) against each other; `tell`: how far it is."""
    for name in (one, two):
        if AT in name:
            for words in answering(side(store().get(name.partition(AT)[0]), name)):
                if tell:
                    tell(words)
    return compare_runs(a.Compare(runs=[one, two]), desk())


def answering(one: Side) -> Iterator[str]:
    """Let a checkpoint answer the sealed rows, where it has not: how far it is, until it is done."""
    if not one.lacks:
        return
    one.let_answer()
    for words in _phases(one.aside):
        yield f"{one.words}: {words}"
    if one.lacks:
        why = one.aside.read().get("reason") or "its process was killed"
        raise UserFacingError(f"could not answer the sealed rows: {why}", one.words, "Ask again.")


def _phases(task: Aside) -> Iterator[str]:
    """What it is at, again and again, until it has ended."""
    while (found := task.read()).get("status") == "running":
        yield str(found.get("phase", ""))
        time.sleep(POLL)


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
