"""What happened in a run, and how two runs differ: rules over the record, then words."""

from __future__ import annotations

import re
from typing import Any

from tools.arguments import Compare, Explain
from tools.desk import Desk, ToolResult
from tools.failing import failure_words
from tools.replaying import offer
from tools.suspecting import hardest_words, moment_of, moment_words
from tools.words import number
from trainer.diagnosis import diagnose
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.questions import topic_of
from trainer.diagnosis.record import record_of
from trainer.diagnosis.words import answer
from trainer.errors import UserFacingError
from trainer.fields import diff
from trainer.runs import Run

ABOUT_ROWS = re.compile(
    r"\b(which|what|hard(est)?|surprising|bad|wrong|suspect\w*|mislabel\w*) (rows?|examples?)\b", re.I
)


def findings_of(run: Run) -> list[Finding]:
    """What the rules find in a run's record."""
    return diagnose(record_of(run))


def explain_run(args: Explain, desk: Desk) -> ToolResult:
    """Diagnose a run from its record: what happened, at which step, the likely cause, one fix."""
    run = desk.run(args.run_id)
    if not run.history():
        state = run.status()
        why = f" It ended: {state['reason']}." if state.get("reason") else ""
        nothing = f"{run.id} has logged nothing yet, so there is no curve to explain.{why}"
        return ToolResult("\n".join([nothing, *failure_words(run, args.question)]))
    history = record_of(run)
    found = diagnose(history)
    question = args.question or " ".join(
        filter(None, [args.symptom, args.metric, f"step {args.step}" if args.step else None])
    )
    text = answer(question, found, history, desk.voice.register)
    told, rows = _rows_behind(run, found, question, args.step)
    cards = [f.model_dump(mode="json") for f in found]
    return ToolResult(
        "\n".join(filter(None, [*failure_words(run, question), text, told, offer(run, args.step) if told else ""])),
        {"run_id": run.id, "findings": cards, "rows": rows},
        [{"type": "findings", "run_id": run.id, "findings": cards}],
    )


def _rows_behind(run: Run, found: list[Finding], question: str, step: int | None) -> tuple[str, list[dict[str, Any]]]:
    """The rows of the moment that is asked about or found; those of the whole run where rows are asked for."""
    topic = topic_of(question)
    window = moment_of(run, found, step if step is not None or topic is None else topic.step)
    if window is not None:
        return moment_words(run, window)
    return hardest_words(run) if ABOUT_ROWS.search(question) else ("", [])


def compare_runs(args: Compare, desk: Desk) -> ToolResult:
    """Two runs against each other: what differed in the plans, and what came out."""
    names = args.runs if isinstance(args.runs, list) else []
    runs = [desk.store.get(n) for n in names] or desk.store.all()[-2:]
    if len(runs) < 2:
        raise UserFacingError("two runs are needed to compare", "", "Train a second one, or name two runs.")
    a, b = runs[0], runs[-1]
    changed = {n: v for n, v in diff(a.plan(), b.plan()).items() if n != "goal"}
    parts = [f"{n} {number(x)} against {number(y)}" for n, (x, y) in changed.items()]
    lines = [f"{a.id} against {b.id}: {', '.join(parts) or 'the same plan'}."]
    lines += _outcomes(a, b)
    return ToolResult(
        "\n".join(lines), {"runs": [a.id, b.id], "diff": changed, "results": {r.id: r.result() for r in (a, b)}}
    )


def _outcomes(a: Run, b: Run) -> list[str]:
    ra, rb = a.result(), b.result()
    if not ra or not rb:
        missing = ", ".join(r.id for r, x in ((a, ra), (b, rb)) if not x)
        return [f"{missing} has no result on the hold-out yet, so which is better is not known."]
    da, db = a.plan().data, b.plan().data
    same = (da.fingerprint, da.holdout_split, a.plan().schedule.seed) == (
        db.fingerprint,
        db.holdout_split,
        b.plan().schedule.seed,
    )
    if not same:
        return ["They were tested on different rows (data, seed or split differ): their figures can't be weighed."]
    if ra["metric"] != rb["metric"]:
        return [f"They were judged by different metrics ({ra['metric']}, {rb['metric']}): not comparable."]
    ta, tb = ra["tuned"], rb["tuned"]
    apart = ta["low"] > tb["high"] or tb["low"] > ta["high"]
    sure = "the intervals are apart" if apart else "the intervals overlap: it may be chance"
    return [
        f"{ra['metric']}: {ta['value']:.3g} ({ta['low']:.3g} to {ta['high']:.3g}) against "
        f"{tb['value']:.3g} ({tb['low']:.3g} to {tb['high']:.3g}); {sure}."
    ]
