"""What happened in a run: rules over the record, then words."""

from __future__ import annotations

import re
from typing import Any

from tools.arguments import Explain
from tools.desk import Desk, ToolResult
from tools.failing import crash_told, failure_words
from tools.replaying import offer
from tools.suspecting import hardest_words, moment_of, moment_words
from trainer.diagnosis import diagnose
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.questions import topic_of
from trainer.diagnosis.record import record_of
from trainer.diagnosis.words import answer
from trainer.runs import Run

ABOUT_ROWS = re.compile(
    r"\b(which|what|hard(est)?|surprising|bad|wrong|suspect\w*|mislabel\w*) (rows?|examples?)\b", re.I
)


def findings_of(run: Run) -> list[Finding]:
    """What the rules find in a run's record."""
    return diagnose(record_of(run))


def explain_run(args: Explain, desk: Desk) -> ToolResult:
    """Diagnose a run: what happened, at which step, the likely cause, one fix."""
    run = desk.run(args.run_id)
    if not run.history():
        state = run.status()
        why = f" It ended: {state['reason']}." if state.get("reason") else ""
        nothing = f"{run.id} has logged nothing yet, so there is no curve to explain.{why}"
        said = "\n".join([nothing, *failure_words(run, args.question)])
        return ToolResult(said, quotes="\n".join(crash_told(run)), as_it_is=True)
    history = record_of(run)
    found = diagnose(history)
    question = args.question or " ".join(
        filter(None, [args.symptom, args.metric, f"step {args.step}" if args.step else None])
    )
    text = answer(question, found, history, desk.voice.register)
    at = args.step or _step_in(question)
    told, rows = _rows_behind(run, found, question, at, args.redact)
    cards = [f.model_dump(mode="json") for f in found]
    return ToolResult(
        "\n".join([*failure_words(run, question), text]),
        {"run_id": run.id, "findings": cards, "rows": rows},
        [{"type": "findings", "run_id": run.id, "findings": cards}],
        run_id=run.id,
        quotes="\n".join(filter(None, [*crash_told(run), told, offer(run, at) if told else ""])),
    )


def _step_in(question: str) -> int | None:
    topic = topic_of(question)
    return topic.step if topic else None


def _rows_behind(
    run: Run, found: list[Finding], question: str, step: int | None, redact: bool
) -> tuple[str, list[dict[str, Any]]]:
    """The rows of the moment that is asked about or found; those of the whole run where rows are asked for."""
    window = moment_of(run, found, step)
    if window is not None:
        return moment_words(run, window, redact)
    return hardest_words(run, redact) if ABOUT_ROWS.search(question) else ("", [])
