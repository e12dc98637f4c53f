"""Commands about training, runs and searches."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from trainer.errors import UserFacingError
from ui.cli.output import Json, command, emit, note, terminal

TRIALS = 8
"""Trials of a search where nothing is said."""
SIDE_BY_SIDE = 5
"""Rows whose two answers a comparison shows."""
Yes = Annotated[bool, typer.Option("--yes", help="I approve exactly this plan.")]


def _approved(yes: bool, hash_: str, as_json: bool) -> None:
    """The person's yes; without a terminal and without --yes nothing starts."""
    if yes:
        return
    if as_json or not terminal():
        raise UserFacingError("nothing was started: a plan needs a person's yes", "", "Read it and add --yes.")
    if not typer.confirm(f"Approve plan {hash_[:8]} and start?"):
        raise UserFacingError("nothing was started", "", "Change the file and try again.")


@command
def train(
    path: Annotated[Path, typer.Argument(help="A plan written by `tunesmith plan -o`.")],
    yes: Yes = False,
    follow: Annotated[bool, typer.Option("--follow", help="Stay until it has ended.")] = False,
    as_json: Json = False,
) -> None:
    """Show a plan, ask, and start it."""
    from agent import commands
    from ui.cli.cards import plan_card

    proposal = commands.load_plan(path)
    if not as_json:
        note(plan_card(proposal))
    _approved(yes, proposal.hash, as_json)
    run = commands.start(proposal)
    if not follow:
        state = run.status()
        told = f"Approved: {run.id} starts after {state['waits_for']}." if "place" in state else f"Started {run.id}."
        facts = {k: state[k] for k in ("status", "place", "of", "waits_for") if k in state}
        emit(as_json, {"run_id": run.id, **facts, "hash": proposal.hash}, told)
        return
    ended = _followed(run)
    emit(as_json, commands.show(run.id), _ending(run))
    if ended.get("status") != "finished":
        raise typer.Exit(1)


def _followed(run: Any) -> dict[str, Any]:
    """Progress on stderr until the run has ended; Ctrl-C leaves the run alone."""
    from agent import commands

    state: dict[str, Any] = {}
    last, told = None, 0
    for state in commands.follow(run):
        steps = f"{state.get('step', 0)}/{state.get('max_steps', 0)}"
        if state.get("status") == "queued":
            steps = f"after {state['waits_for']}, place {state['place']} of {state['of']}"
        line = f"{state.get('status')} {steps} {state.get('phase') or ''}".strip()
        if line != last and sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        last = line
        alerts = commands.alerts(run.id)
        for alert in alerts[told:]:
            note(f"{chr(13) if sys.stderr.isatty() else ''}{run.id}, {alert['line']}")
        told = len(alerts)
    if sys.stderr.isatty():
        note("")
    return state


def _ending(run: Any) -> str:
    from agent.account import account

    return account(run)


@command
def runs(
    first: Annotated[str | None, typer.Option("--first", help="A queued run to move to the front of the line.")] = None,
    as_json: Json = False,
) -> None:
    """All runs, the newest first; queued ones with their place."""
    from agent import commands

    if first is not None:
        note(commands.first(first))
    found = commands.runs()
    text = "\n".join(f"{r['run_id']}  {_state(r)}  {r['goal'][:60]}" for r in found)
    emit(
        as_json,
        {"runs": found},
        text or "There are no runs yet. Start one with `tunesmith plan` and `tunesmith train`.",
    )


def _state(run: dict[str, Any]) -> str:
    if run["status"] == "queued":
        return f"queued  place {run['place']} of {run['of']}, after {run['waits_for']}"
    return f"{run['status']}  step {run['step']} of {run['max_steps']}"


@command
def show(run: str, as_json: Json = False) -> None:
    """One run (state, metrics, plan) or one search."""
    from agent import commands

    if run.startswith("study-"):
        study = commands.study(run)
        emit(as_json, commands.study_result(study).model_dump(), commands.search_state(study))
        return
    document = commands.show(run)
    emit(as_json, document, _ending(commands.store().get(run)))


@command
def stop(run: str, as_json: Json = False) -> None:
    """Stop a run, a checkpoint is saved first; or end a search with what it has found."""
    from agent import commands

    result = commands.stop(run)
    emit(as_json, result.data, result.say)


@command
def resume(run: str, follow: Annotated[bool, typer.Option("--follow")] = False, as_json: Json = False) -> None:
    """Go on with a run from the last whole checkpoint, or with a search that was killed."""
    from agent import commands

    result = commands.resume(run)
    if run.startswith("study-"):
        if follow:
            _trials_as_they_end(commands.study(run))
        emit(as_json, result.data, result.say)
        return
    if follow:
        _followed(commands.store().get(run))
    emit(as_json, commands.show(run), result.say)


@command
def explain(
    target: Annotated[
        str | None,
        typer.Argument(help="A run, or the log of any tool: JSON, console text, CSV, TensorBoard, trackio, Parquet."),
    ] = None,
    question: Annotated[str, typer.Option("--question", help="What you want to know.")] = "",
    plan: Annotated[Path | None, typer.Option("--plan", help="The plan behind a log file, as JSON.")] = None,
    batch: Annotated[Path | None, typer.Option("--batch", help="Lines of {id, plan, run, history}.")] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Hide personal data in the rows shown.")] = False,
    as_json: Json = False,
) -> None:
    """What happened in a run, with evidence."""
    from agent import commands

    if batch is not None:
        for item in json_lines(batch):
            emit(True, commands.explain_line(item), "")
        return
    if target is None:
        raise UserFacingError("name a run or a file", "explain", "For instance: tunesmith explain run-1")
    found = commands.explain(target, question, plan, redact)
    emit(as_json, found, found["text"])


def json_lines(path: Path) -> Any:
    """Objects of a JSONL file; a broken line is named."""
    if not path.is_file():
        raise UserFacingError("there is no such file", str(path), "Check the path.")
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                raise UserFacingError(f"line {number} is not JSON", path.name, "Write one object a line.") from None


@command
def search(  # noqa: PLR0913, PLR0917  (a command's options are its signature)
    target: Annotated[str, typer.Argument(help="A plan by `tunesmith plan -o`, or the search in words (then --over).")],
    trials: Annotated[int | None, typer.Option("--trials", min=1, max=1000, help="8 where nothing is said.")] = None,
    space: Annotated[list[str] | None, typer.Option("--space", help="field=low..high:log or field=a,b,c")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=64)] = None,
    max_hours: Annotated[float | None, typer.Option("--max-hours")] = None,
    over: Annotated[
        Path | None, typer.Option("--over", help="The plan that words search over, or data to derive it from.")
    ] = None,
    yes: Yes = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the best plan as YAML.")] = None,
    as_json: Json = False,
) -> None:
    """Try several settings of a plan; one approval covers them all."""
    from agent import commands
    from agent.model.door import Door
    from agent.searching import is_words, search_in_words
    from trainer import planfile

    if is_words(target):
        fixed = {"n_trials": trials, "workers": workers, "max_hours": max_hours, "spaces": space}
        order, left = search_in_words(target, _searched(over), Door(), fixed)
        if left:
            note(left)
    else:
        proposal = commands.load_plan(Path(target))
        order = commands.search_order(
            proposal, commands.search_args(trials or TRIALS, space or [], workers or 1, max_hours)
        )
    note(commands.search_words(order))
    _approved(yes, order.hash, as_json)
    study = commands.start_search(order)
    note(f"Started {study.id}. Ctrl-C leaves it running.")
    _trials_as_they_end(study)
    result = commands.study_result(study)
    best = commands.best_plan(study)
    target = output or study.folder / "best-plan.yaml"
    if best is not None:
        target.write_text(planfile.dump(best.planned), "utf-8")
    told = (
        f"{result.text}\nThe best plan is in {target}; approve it with: tunesmith train {target}"
        if best
        else result.text
    )
    emit(as_json, result.model_dump() | {"plan_file": str(target) if best else None}, told)
    if best is None:
        raise typer.Exit(1)


def _searched(over: Path | None) -> Any:
    """The plan that a search in words is over."""
    from agent import commands
    from agent.model.door import Door

    if over is None:
        raise UserFacingError("a search in words needs something to search over", "search", "Add --over plan.yaml.")
    if over.suffix in (".yaml", ".yml"):
        return commands.load_plan(over)
    return commands.plan("search for better settings", str(over), Door())


def _trials_as_they_end(study: Any) -> None:
    """A line on stderr for every trial that has ended."""
    from agent import commands

    told: set[int] = set()
    while True:
        state = study.state()
        for trial in state.get("trials", []):
            if trial["state"] != "running" and trial["number"] not in told:
                told.add(trial["number"])
                value = "" if trial["value"] is None else f", validation loss {trial['value']:.4f}"
                note(f"trial {trial['number']}: {trial['state']}{value}  {trial['params']}")
        if state.get("status") not in commands.SEARCHING:
            return
        time.sleep(0.5)


@command
def evaluate(
    run: str,
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="Beside the untuned model, prompted in three ways, and simple methods."),
    ] = False,
    harness: Annotated[
        str, typer.Option("--harness", help="Tasks of lm-evaluation-harness instead (the extra `harness`): a,b.")
    ] = "",
    tasks: Annotated[
        Path | None, typer.Option("--tasks", help="With --harness: a folder of tasks of your own.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="With --harness: items of each task.")] = 200,
    as_json: Json = False,
) -> None:
    """The result on the sealed hold-out, with 95 % intervals and a verdict."""
    from agent.evaluating import evaluate as evaluated

    if harness:
        from agent.evaluating import on_harness

        tried = on_harness(run, [t.strip() for t in harness.split(",") if t.strip()], tasks, limit, _phases())
        emit(as_json, tried.data, tried.say)
        return
    result = evaluated(run, baseline, _phases())
    beside = ("base", "difference", "constant", "dealt", "examination")
    document = result.data if baseline else {k: v for k, v in result.data.items() if k not in beside}
    emit(as_json, document, result.say)


def _phases() -> Any:
    """Shows on stderr how far a long work has come, where somebody looks."""
    last = ""

    def tell(words: str) -> None:
        nonlocal last
        if words and words != last:
            note(words)
        last = words

    return tell


@command
def compare(
    one: Annotated[str, typer.Argument(help="A run, or one of its checkpoints: run-1@30.")],
    two: Annotated[str, typer.Argument(help="Another, or base: the untrained model.")],
    as_json: Json = False,
) -> None:
    """Two runs against each other: plans, results and answers; a checkpoint answers the sealed rows first."""
    from agent.evaluating import compare as compared

    result = compared(one, two, _phases())
    emit(as_json, result.data | {"text": result.say}, "\n".join([result.say, *_side_by_side(result.data)]))


def _side_by_side(data: dict[str, Any]) -> list[str]:
    """Some answers of two sides below each other, words that only one has in brackets."""
    names = data.get("sides", [])
    lines = []
    for row in data.get("unlike", [])[:SIDE_BY_SIDE]:
        a, b = row["answers"]
        lines.append(f"\nRow {row['row']}: {row['question']}")
        lines += [
            f"  {name}: {_differing(said, other)}" for name, said, other in zip(names, (a, b), (b, a), strict=True)
        ]
    return lines


def _differing(text: str, other: str) -> str:
    from ui.views import compared_words

    return " ".join(said if same else f"[{said}]" for said, same in compared_words(text, other)) or "(nothing)"


@command
def ask(run: str, prompt: str, as_json: Json = False) -> None:
    """Put a prompt to the tuned model."""
    from agent import commands

    result = commands.ask(run, prompt)
    emit(as_json, result.data, result.say)


@command
def export(
    run: str,
    to: Annotated[str, typer.Option("--to", help="adapter (the trained weights as safetensors)")] = "adapter",
    output: Annotated[Path | None, typer.Option("-o", "--output")] = None,
    as_json: Json = False,
) -> None:
    """Write the tuned weights to a folder."""
    from agent import commands

    result = commands.export(run, to, output)
    emit(as_json, result.data, result.say)
