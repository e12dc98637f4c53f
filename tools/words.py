"""The rules' own sentences about data, plans and runs. Short, with numbers and their basis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.estimate import Range
from trainer.facts import DataProfile
from trainer.fields import diff
from trainer.proposal import Proposal
from trainer.runs import Run

_ROLE_WORDS = {
    "prompt": "the question",
    "completion": "the answer",
    "label": "the label",
    "messages": "whole conversations",
    "text": "plain text",
    "system": "the system prompt",
    "input": "more of the question",
    "tools": "tool descriptions",
}


def number(value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:.3g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def span(estimate: Range) -> str:
    """'3 to 5 minutes', or 'unknown'."""
    if estimate.low is None or estimate.high is None:
        return "unknown"
    if estimate.low == estimate.high:
        return "$0 (this machine)" if estimate.unit == "USD" else f"{estimate.low:g} {estimate.unit}"
    return f"{estimate.low:g} to {estimate.high:g} {estimate.unit}"


def data_words(profile: DataProfile) -> str:
    """What was read, what the columns are, and what is odd."""
    name = Path(profile.path).name
    head = f"I read {name} ({profile.rows:,} rows, {profile.encoding}; read on this machine)."
    roles = [f"{column} looks like {_ROLE_WORDS[r]}" for r, column in profile.roles.items() if r in _ROLE_WORDS]
    lines = [head, f"{'; '.join(roles)}." if roles else ""]
    if profile.format in ("preference", "kto"):
        lines = [head, _preference(profile)]
    if profile.lengths:
        n = profile.lengths
        lines.append(
            f"A row has {n.p50} tokens in the middle, {n.max:,} at most, counted with the tokenizer of {n.tokenizer}."
        )
    if profile.label_counts:
        lines.append(f"{len(profile.label_counts)} labels.")
    lines += [f"- {finding.advice}" for finding in profile.findings]
    if profile.question:
        lines.append(profile.question)
    return "\n".join(line for line in lines if line)


def _preference(profile: DataProfile) -> str:
    kind, method = (
        ("answers marked good or bad", "KTO")
        if profile.format == "kto"
        else ("pairs of a preferred and a rejected answer", "DPO")
    )
    return f"They are {kind}: data for {method}, a method I can't train yet."


def plan_words(proposal: Proposal) -> str:
    """The plan in a few lines; the card shows the rest."""
    plan, proof, needs = proposal.plan, proposal.preflight, proposal.estimates
    how = "all its weights" if plan.adapter.tuning == "full" else "a small adapter (LoRA)"
    lines = [
        f"Plan: teach {plan.base_model} by training {how} on {proof.train_rows:,} rows; "
        f"{proof.holdout_rows:,} are kept aside to test it.",
        f"It needs {span(needs.time)}, {span(needs.memory)}, cost {span(needs.cost)}. "
        f"{100 * proof.trained_share:.0f} % of the text is trained on, {proof.whole(proof.rows_cut)} rows are cut off.",
    ]
    told = {
        "label_imbalance",
        "exact_duplicates",
        "rows_empty",
        "rows_unknown_role",
        "rows_no_answer",
        "unreadable_lines",
    }
    lines += [f"- {f.advice}" for f in proposal.findings if f.severity != "info" and f.rule not in told]
    if proposal.blockers:
        lines.append("It can't start as it is; the first point says why.")
    else:
        lines.append("Nothing has started. Approve it, change it, or decline.")
    return "\n".join(lines)


def diff_words(old: Proposal, new: Proposal) -> str:
    """What changed, old -> new, and what it does to time and memory."""
    changed = {n: v for n, v in diff(old.plan, new.plan).items() if n not in ("goal", "roles")}
    if not changed:
        return "Nothing changed: the plan already says that."
    parts = [f"{name} {number(a)} → {number(b)}{_by(new, name)}" for name, (a, b) in changed.items()]
    lines = [f"Changed: {', '.join(parts)}."]
    for label, a, b in (
        ("time", old.estimates.time, new.estimates.time),
        ("memory", old.estimates.memory, new.estimates.memory),
    ):
        if (a.low, a.high) != (b.low, b.high):
            lines.append(f"{label.capitalize()}: {span(a)} → {span(b)}.")
    lines += [f"- {f.advice}" for f in new.findings if f not in old.findings]
    lines.append("It can't start as it is." if new.blockers else "Approve this one?")
    return "\n".join(lines)


def _by(proposal: Proposal, name: str) -> str:
    reason = proposal.reasons.get(name)
    return f" ({'you' if reason.origin == 'user' else reason.why})" if reason else ""


def status_words(run: Run) -> str:
    """Where a run stands, with what is saved when it died."""
    state = run.status()
    step, steps = state.get("step", 0), state.get("max_steps", 0)
    kind = state.get("status")
    if kind in ("starting", "running"):
        return f"{run.id} is {kind}: step {step:,} of {steps:,}{_loss(run)}{_left(state)}."
    if kind == "evaluating":
        return f"{run.id} is trained and is being tested on the hold-out ({state.get('phase', 'loading')})."
    if kind == "finished":
        limit = ", stopped at the time limit" if state.get("ended_by") == "time" else ""
        return f"{run.id} is finished ({step:,} of {steps:,} steps{limit}{_loss(run)}).{_verdict(run)}"
    saved = state.get("saved") or run.last_checkpoint_name()
    kept = f"{saved} is saved; say 'resume' to go on from there" if saved else "nothing was saved yet"
    reason = f": {state['reason']}" if state.get("reason") else ""
    ended = _ENDED.get(str(kind), str(kind))
    return f"{run.id} {ended} at step {step:,} of {steps:,}{reason}. {kept[0].upper()}{kept[1:]}."


_ENDED = {"stopped": "was stopped", "failed": "failed", "died": "died"}


def _loss(run: Run) -> str:
    rows = [r for r in run.history() if "loss" in r]
    return f", loss {rows[-1]['loss']:.3g}" if rows and isinstance(rows[-1]["loss"], float) else ""


def _left(state: dict[str, Any]) -> str:
    eta = state.get("eta_seconds")
    return f", about {max(1, round(eta / 60))} min left" if eta else ""


def _verdict(run: Run) -> str:
    verdict = run.result().get("verdict", {})
    return f" {verdict['sentence']}" if verdict else ""


def result_words(run: Run) -> str:
    """The verdict, the second figure, and three samples that were not picked."""
    result = run.result()
    if not result:
        return f"{run.id} has no result yet. {status_words(run)}"
    lines = [result["verdict"]["sentence"]]
    for name, pair in result.get("also", {}).items():
        b, t = pair["base"], pair["tuned"]
        lines.append(f"{name}: {b['value']:.3g} before, {t['value']:.3g} after ({t['low']:.3g} to {t['high']:.3g}).")
    for sample in result.get("samples", []):
        lines.append(
            f"Row {sample['row']}: {_cut(sample['prompt'])!r}\n  before: {_cut(sample['base'])!r}"
            f"\n  after:  {_cut(sample['tuned'])!r}\n  yours:  {_cut(sample['reference'])!r}"
        )
    return "\n".join(lines)


def _cut(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
