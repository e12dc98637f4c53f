"""What the command line and the page may do besides talking: the same tools, called by name."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from agent.model.door import Brain
from agent.model.offer import offer_judge
from agent.understanding import wishes_from
from tools import arguments as a
from tools.alerts import alert_line, alerts_of
from tools.desk import Desk, ToolResult
from tools.explaining import explain_run
from tools.failing import crash_words
from tools.orders import Order
from tools.running import carry_out, described, resume_run, stop_run
from tools.search.space import parse_space
from tools.search.study import ACTIVE as STUDYING
from tools.search.study import Study, StudyStore
from tools.searching import best_order, search_hyperparameters, search_terms
from tools.using import ask_model, export_model
from tools.watching_search import status_of
from tools.words import queued_words
from trainer import planfile, waiting
from trainer.data.reading import peek
from trainer.data.sources.address import local
from trainer.diagnosis import diagnose
from trainer.diagnosis.failures.crash import crash_in
from trainer.diagnosis.history import History
from trainer.diagnosis.logs import LogUnreadable, read_log
from trainer.diagnosis.record import record_of
from trainer.diagnosis.words import answer, short, tell
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, faults, nearest, replace
from trainer.paths import checked, home
from trainer.proposal import Proposal, propose
from trainer.runs import ACTIVE, Run, RunStore
from trainer.wishes import Wishes

SEARCHING = STUDYING
"""States of a search that will go on by itself."""


def desk(files: list[str] | None = None, run_id: str | None = None) -> Desk:
    """A desk for one command: the person named the file, so it may be read wherever it lies."""
    offer_judge()
    return Desk(home=home(), roots=[Path.cwd()], files=files or [], run_id=run_id, anywhere=True)


def store() -> RunStore:
    """All runs."""
    return RunStore(home())


def plan(words: str, where: str, brain: Brain, model: str | None = None, sets: list[str] | None = None) -> Proposal:
    """A proposal from words, a file and set values."""
    full = local(where, home()).resolve()
    columns, rows = peek(full)
    wishes = wishes_from(brain, words, full.name, columns, rows or 0)
    changes = dict(assignment(text) for text in sets or [])
    if model:
        changes["base_model"] = model
    direct = {k: v for k, v in changes.items() if k not in Wishes.model_fields}
    try:
        wishes = wishes.merged(Wishes(**{k: v for k, v in changes.items() if k not in direct}))
    except ValidationError as error:
        raise UserFacingError(faults(error), "--set", "Correct the value.") from None
    proposal = propose(full, wishes.model_copy(update={"dataset_path": str(full)}))
    return planfile.proposal_from(replace(proposal.plan, direct)) if direct else proposal


def assignment(text: str) -> tuple[str, Any]:
    """name=value of a plan's field, the value as YAML reads it. Raises UserFacingError."""
    import yaml

    name, sign, value = text.partition("=")
    name = name.strip()
    if not sign:
        raise UserFacingError(f"{text!r} is no assignment", "--set", "Write name=value.")
    if name not in Wishes.model_fields and name not in SECTION_OF:
        raise UserFacingError(f"the plan has no field {name}", "--set", nearest(name, list(SECTION_OF)))
    try:
        loaded = planfile.numbers(yaml.safe_load(value))
    except yaml.YAMLError:
        raise UserFacingError(
            f"I can't read the value in {text!r}", "--set", "Quote it, or close the bracket."
        ) from None
    return name, loaded


def load_plan(path: Path) -> Proposal:
    """The proposal of a plan file, examined anew."""
    return planfile.proposal_from(planfile.load(checked(path)))


def start(proposal: Proposal) -> Run:
    """Start an approved plan. The caller has the person's yes."""
    result = carry_out(Order(kind="train", proposal=proposal), f"cli-{uuid.uuid4().hex[:12]}", desk())
    return store().get(str(result.run_id))


def follow(run: Run, tick: float = 0.5) -> Any:
    """Yield the run's state until it has ended."""
    while True:
        state = run.status()
        yield state
        if state.get("status") not in ACTIVE:
            return
        time.sleep(tick)


def alerts(run_id: str) -> list[dict[str, Any]]:
    """What a run told while it went, oldest first, each with its line."""
    return [alert | {"line": alert_line(alert)} for alert in alerts_of(store().get(run_id))]


def readings(run_id: str) -> list[dict[str, Any]]:
    """What the rules find in a run, each in three forms: in short, in plain words with terms explained, in figures."""
    history = record_of(store().get(run_id))
    odd = [f for f in diagnose(history) if f.label != "healthy"]
    return [
        f.model_dump(mode="json")
        | {"short": short(f, history), "plain": tell([f], history), "figures": tell([f], history, "expert")}
        for f in odd
    ]


def show(name: str) -> dict[str, Any]:
    """One run for programs."""
    return described(store().get(name))


def runs() -> list[dict[str, Any]]:
    """Every run in short, the newest first."""
    out: list[dict[str, Any]] = []
    for run in reversed(store().all()):
        state = run.status()
        out.append(
            {
                "run_id": run.id,
                **{k: state.get(k) for k in ("status", "step", "max_steps", "created")},
                **{k: state[k] for k in ("place", "of", "waits_for", "wait_seconds") if k in state},
                "goal": run.plan().goal,
                "verdict": run.result().get("verdict", {}).get("sentence"),
            }
        )
    return out


def stop(name: str) -> ToolResult:
    """Ask a run to stop."""
    return stop_run(a.OfRun(run_id=name), desk())


def resume(name: str) -> ToolResult:
    """Go on with a run."""
    return resume_run(a.OfRun(run_id=name), desk())


def first(name: str) -> str:
    """Move a queued run to the front of its line."""
    run = store().get(name)
    if not waiting.first(run):
        state = run.status().get("status")
        raise UserFacingError(f"does not wait in the line: it is {state}", run.id, "Only a queued run can be moved.")
    return queued_words(run, run.status())


def ask(name: str, prompt: str) -> ToolResult:
    """The tuned model's answer."""
    return ask_model(a.Ask(run_id=name, prompt=prompt), desk())


def export(name: str, form: str, output: Path | None) -> ToolResult:
    """Write the tuned weights."""
    forms = ("adapter", "merged", "gguf", "gguf_adapter")
    if form not in forms:
        raise UserFacingError(f"I know no export format {form}", "--to", nearest(form, list(forms)))
    return export_model(
        a.Export.model_validate({"run_id": name, "export_format": form, "output_dir": output and str(output)}),
        desk(),
    )


def explain(target: str, question: str, plan_file: Path | None, redact: bool = False) -> dict[str, Any]:
    """Findings and words for a run, or for any log file."""
    if Path(target).is_file():
        try:
            rows = read_log(Path(target))
        except LogUnreadable as error:
            if (crash := crash_in(Path(target).read_text("utf-8", "replace"))) is not None:
                return {"findings": [], "crash": vars(crash), "text": " ".join(crash_words(crash))}
            raise UserFacingError(error.problem, error.where or Path(target).name, error.fix) from None
        context = planfile.load_any(checked(plan_file)) if plan_file else None
        history = History.from_log(rows, context, None)
        found = diagnose(history)
        return {
            "findings": [f.model_dump(mode="json") for f in found],
            "text": answer(question, found, history, "plain"),
        }
    result = explain_run(a.Explain(run_id=target, question=question, redact=redact), desk())
    text = "\n".join(filter(None, [result.say, result.quotes]))
    return {"findings": result.data.get("findings", []), "rows": result.data.get("rows", []), "text": text}


def explain_line(item: dict[str, Any]) -> dict[str, Any]:
    """One line of a batch: {id, plan, run, history} -> {id, findings}."""
    if not isinstance(item, dict) or "history" not in item or "id" not in item:
        raise UserFacingError("a line lacks id or history", "--batch", "Each line is {id, plan, run, history}.")
    history = History.from_log(item["history"], item.get("plan"), item.get("run"))
    return {"id": item["id"], "findings": [f.model_dump(mode="json") for f in diagnose(history)]}


def search_order(proposal: Proposal, args: a.Search) -> Order:
    """A search to be approved."""
    table = desk()
    table.order = Order(kind="train", proposal=proposal)
    order = search_hyperparameters(args, table).order
    assert order is not None
    return order


def search_args(trials: int, spaces: list[str], workers: int, hours: float | None) -> a.Search:
    """A search said by options."""
    space = dict(parse_space(text) for text in spaces)
    return a.Search(n_trials=trials, search_space=space, workers=workers, max_hours=hours)


def start_search(order: Order) -> Study:
    """Start an approved search. The caller has the person's yes."""
    result = carry_out(order, f"cli-{uuid.uuid4().hex[:12]}", desk())
    return StudyStore(home()).get(str(result.data["study"]))


def study(name: str) -> Study:
    """A search by its id."""
    return StudyStore(home()).get(name)


def search_state(found: Study) -> str:
    """Where a search stands, in a sentence or two."""
    return status_of(found)


def study_state(name: str) -> dict[str, Any]:
    """A search's progress for the page, with what each trial has reached and its validation losses."""
    found = StudyStore(home()).get(name)
    state = found.state()
    runs = {run.id: run for run in found.trials()}
    for trial in state.get("trials", []):
        run = runs.get(trial.get("run"))
        reached = run.status() if run else {}
        trial["step"], trial["max_steps"] = reached.get("step", 0), reached.get("max_steps", 0)
        rows = [r for r in run.history() if isinstance(r.get("eval_loss"), float)] if run else []
        trial["losses"] = [r["eval_loss"] for r in rows]
        last = rows[-1]["step"] if rows else 0
        trial["looks"] = round(len(rows) * trial["max_steps"] / last) if last else 0
    return state


class StudyResult(BaseModel):
    """A search's end for programs."""

    study: str
    status: str
    best: dict[str, Any] | None
    trials: list[dict[str, Any]]
    importance: dict[str, float]
    text: str


def study_result(found: Study) -> StudyResult:
    """The state of a search."""
    state = found.state()
    return StudyResult(
        study=found.id,
        status=str(state.get("status")),
        best=state.get("best"),
        trials=state.get("trials", []),
        importance=state.get("importance", {}),
        text=state.get("text", ""),
    )


def best_plan(found: Study) -> Order | None:
    """The best plan of a search, to be approved."""
    return best_order(found)


def search_words(order: Order) -> str:
    """What a search would do."""
    return search_terms(order)


def search_line(document: dict[str, Any]) -> str:
    """The search part of a stored order in words; '' for a plain training."""
    order = Order.model_validate(document)
    return search_words(order) if order.search else ""
