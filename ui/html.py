"""Fragments of the page. Every value is escaped here; nothing comes from a model's words."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from trainer.proposal import Proposal
from ui import views

STEPS = ("data", "plan", "approve", "train", "check", "use")


def visible(text: str) -> str:
    """Text whose invisible and direction-turning characters are shown."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)


def esc(value: Any) -> str:
    """Text made harmless for HTML."""
    return escape(visible(str(value)))


def empty(words: str) -> str:
    """What would fill an empty panel."""
    return f'<div class="ts-empty">{esc(words)}</div>'


def header(brain: str, machine: str) -> str:
    """Name, brain and machine."""
    return (
        '<div class="ts-head"><h1 class="ts-name">Tunesmith</h1>'
        f'<span class="ts-chip">brain: {esc(brain)}</span><span class="ts-chip">{esc(machine)}</span></div>'
    )


def stepper(now: str) -> str:
    """Where we are."""
    at = STEPS.index(now)
    parts = []
    for i, name in enumerate(STEPS):
        state = "done" if i < at else "now" if i == at else "next"
        current = ' aria-current="step"' if state == "now" else ""
        parts.append(f'<li class="{state}"{current}>{name}</li>')
    return f'<ol class="ts-steps" aria-label="progress">{"".join(parts)}</ol>'


def plan_card(
    proposal: Proposal, digest: str, expert: bool, search: str = "", changed: dict[str, Any] | None = None
) -> str:
    """The plan as a card, rendered from typed data alone."""
    parts = [f'<section class="ts-card" data-hash="{esc(digest)}"><h2>“{esc(views.title(proposal))}”</h2>']
    if search:
        parts.append(f'<p class="ts-note">{esc(search)}</p>')
    parts.append(_changes(changed or {}))
    lines = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in views.simple_lines(proposal))
    parts.append(f'<dl class="ts-lines">{lines}</dl>')
    parts.append(_findings([f.model_dump() for f in proposal.findings]))
    parts.append(_trained_row(proposal))
    if expert:
        parts.append(_plan_table(proposal))
    parts.append(f'<p class="ts-hash">plan {esc(digest[:8])}</p></section>')
    return "".join(parts)


def _changes(changed: dict[str, Any]) -> str:
    if not changed:
        return ""
    rows = [
        f"<li><b>{esc(n)}</b> <s>{esc(views.value_text(a))}</s> → <b>{esc(views.value_text(b))}</b></li>"
        for n, (a, b) in changed.items()
        if n not in ("goal", "roles")
    ]
    return f'<ul class="ts-diff" aria-label="changes">{"".join(rows)}</ul>' if rows else ""


def _findings(found: list[dict[str, Any]]) -> str:
    if not found:
        return ""
    marks = {"blocker": "stops it", "critical": "critical", "warn": "mind", "info": "note"}
    items = "".join(_finding(f, marks.get(f["severity"], "note")) for f in found)
    return f'<ul class="ts-findings">{items}</ul>'


def _finding(found: dict[str, Any], mark: str) -> str:
    """A finding's sentence; a program that it holds stands under it as it is, as text."""
    said, program = views.own_file(found)
    shown = f'<pre class="ts-program">{esc(program)}</pre>' if program else ""
    return f'<li class="{esc(found["severity"])}"><span>{mark}</span><div>{esc(said)}{shown}</div></li>'


def _trained_row(proposal: Proposal) -> str:
    """One row as the model will see it; what it learns to write is marked."""
    proof = proposal.preflight
    pieces = marked_row([p.model_dump() for p in proof.shown])
    said = f"Will it learn? {100 * proof.trained_share:.0f} % of the text is trained on"
    if proof.own_answers:
        said = "What it is asked: the prompt as it sees it; the answer is its own"
    return (
        f'<details class="ts-proof"><summary>{said} (row {proof.shown_row} shown)</summary>'
        f"<pre>{pieces}</pre></details>"
    )


def marked_row(pieces: list[dict[str, Any]]) -> str:
    """A rendered row, what is learned marked."""
    return "".join(f"<mark>{esc(p['text'])}</mark>" if p["trained"] else esc(p["text"]) for p in pieces)


def _plan_table(proposal: Proposal) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{esc(r['field'])}<small>{esc(r['meaning'])}</small></th><td>{esc(r['value'])}</td>"
        f"<td><span class='ts-origin'>{esc(r['origin'])}</span> {esc(r['why'])}</td></tr>"
        for r in views.plan_rows(proposal)
        if r["field"] != "goal"
    )
    return f'<div class="ts-scroll"><table class="ts-table"><tr><th>what</th><th>value</th><th>why</th></tr>{rows}</table></div>'


def run_panel(
    run_id: str, state: dict[str, Any], latest: dict[str, Any], runs: list[dict[str, Any]] | None = None
) -> str:
    """Progress of one run; of a queued one, its place among the `runs`."""
    if state.get("status") == "queued":
        return _queue_panel(run_id, state, runs or [])
    step, steps = int(state.get("step") or 0), max(1, int(state.get("max_steps") or 1))
    share = min(100, round(100 * step / steps))
    eta = state.get("eta_seconds")
    left = f"about {max(1, round(eta / 60))} min left" if eta and state.get("status") == "running" else ""
    facts = [str(state.get("phase") or ""), left, str(state.get("reason") or "")]
    facts += [
        f"{k.replace('_', ' ')} {latest[k]:.4g}"
        for k in ("loss", "eval_loss", "learning_rate", "grad_norm")
        if isinstance(latest.get(k), int | float)
    ]
    if isinstance(latest.get("num_tokens"), int | float) and latest.get("elapsed"):
        facts.append(f"{latest['num_tokens'] / latest['elapsed']:,.0f} tokens/s")
    told = " · ".join(esc(f) for f in facts if f)
    return (
        f'<section class="ts-card"><h2>{esc(run_id)}: {esc(state.get("status"))}</h2>'
        f'<div class="ts-bar" role="progressbar" aria-valuenow="{share}" aria-valuemin="0" aria-valuemax="100">'
        f'<i style="width:{share}%"></i></div><p>step {step:,} of {steps:,}</p><p class="ts-facts">{told}</p></section>'
    )


def alerts(found: list[dict[str, Any]]) -> str:
    """What was noticed while the run goes, the newest first; spoken by screen readers."""
    if not found:
        return ""
    lines = "".join(f'<li class="{esc(a["severity"])}">{esc(a["line"])}</li>' for a in reversed(found))
    return f'<ul class="ts-findings ts-alerts" role="alert">{lines}</ul>'


def why(found: list[dict[str, Any]]) -> str:
    """Each finding three times: in short, in plain words, in figures."""
    return "".join(_reading(f) for f in found)


def _reading(found: dict[str, Any]) -> str:
    plain = "".join(f"<p>{_emphasis(line)}</p>" for line in found["plain"].split("\n") if line)
    return (
        f'<section class="ts-card ts-why {esc(found["severity"])}"><h2>{esc(found["label"].replace("_", " "))}</h2>'
        f'<dl class="ts-lines"><dt>In short</dt><dd>{_emphasis(found["short"])}</dd>'
        f"<dt>In plain words</dt><dd>{plain}</dd><dt>In figures</dt><dd><code>{esc(found['figures'])}</code></dd></dl>"
        "</section>"
    )


def _emphasis(text: str) -> str:
    """Text made harmless, then our own marks of emphasis shown: **strong**, *term*, `field`."""
    safe = esc(text)
    for mark, tag in ((r"\*\*(.+?)\*\*", "b"), (r"\*([^*]+)\*", "i"), (r"`([^`]+)`", "code")):
        safe = re.sub(mark, rf"<{tag}>\1</{tag}>", safe)
    return safe


def _queue_panel(run_id: str, state: dict[str, Any], runs: list[dict[str, Any]]) -> str:
    """The line before the device, this run marked."""
    rows = "".join(
        f"<tr{' class=best' if name == run_id else ''}><th scope='row'>{esc(name)}</th><td>{esc(place)}</td></tr>"
        for name, place in views.line(runs)
    )
    told = f"{views.queue_text(state)}. It starts by itself; stop takes it out of the line."
    return (
        f'<section class="ts-card"><h2>{esc(run_id)}: queued</h2><p class="ts-note">{esc(told)}</p>'
        f'<table class="ts-table ts-line">{rows}</table></section>'
    )


def result_panel(run_id: str, result: dict[str, Any], findings: list[dict[str, Any]]) -> str:
    """Verdict first, then figures, then samples that were not picked."""
    if not result:
        return empty(f"{run_id} has no result yet. It comes when the training has ended and the hold-out was tested.")
    verdict = result["verdict"]
    tone = {True: "good", False: "bad", None: "unsure"}[verdict["better"]]
    rows = "".join(
        f"<tr><th scope='row'>{esc(n)}</th><td>{esc(b)}</td><td>{esc(t)}</td></tr>"
        for n, b, t in views.result_rows(result)
    )
    samples = "".join(_sample(s) for s in result.get("samples", []))
    return (
        f'<section class="ts-card"><h2 class="ts-verdict {tone}">{esc(verdict["sentence"])}</h2>'
        '<div class="ts-scroll"><table class="ts-table"><tr><th>on the hold-out (95 % interval)</th><th>untuned</th>'
        f"<th>tuned</th></tr>{rows}</table></div>{samples}{_findings(findings)}"
        f'<p class="ts-hash">{esc(run_id)}, {result["rows"]:,} sealed rows; samples are spread evenly, not picked</p></section>'
    )


def examination_panel(found: dict[str, Any]) -> str:
    """The tuned model beside everything else that answered the same rows; while it is being made, how far it is."""
    if not found:
        return ""
    if "state" in found:
        told = esc(found["state"])
        return f'<section class="ts-card"><h2>Beside prompting</h2><p class="ts-note">{told}</p></section>'
    tone = {True: "good", False: "bad", None: "unsure"}[found["better"]]
    rows = "".join(
        f"<tr{' class=best' if own else ''}><th scope='row'>{esc(name)}</th><td>{esc(value)}</td><td>{esc(gap)}</td></tr>"
        for own, name, value, gap in found["rows"]
    )
    notes = "".join(f"<li>{esc(line)}</li>" for line in found["notes"])
    return (
        f'<section class="ts-card"><h2 class="ts-verdict {tone}">{esc(found["sentence"])}</h2>'
        '<div class="ts-scroll"><table class="ts-table"><tr><th>on the same sealed rows</th><th>95 % interval</th>'
        f'<th>the tuned model is</th></tr>{rows}</table></div><ul class="ts-findings">{notes}</ul></section>'
    )


def _sample(sample: dict[str, Any]) -> str:
    return (
        f'<div class="ts-sample"><p class="q">Row {sample["row"]}: {esc(sample["prompt"][:600])}</p><div class="pair">'
        f"<div><h3>untuned</h3><p>{esc(sample['base'][:600]) or '<i>nothing</i>'}</p></div>"
        f"<div><h3>tuned</h3><p>{marked(sample['tuned'][:600], sample['reference'][:600])}</p></div>"
        f"<div><h3>yours</h3><p>{esc(sample['reference'][:600])}</p></div></div></div>"
    )


def marked(text: str, reference: str) -> str:
    """Words that differ from the reference are marked."""
    pieces = [
        esc(said) if same else f"<mark>{esc(said)}</mark>" for said, same in views.compared_words(text, reference)
    ]
    return " ".join(pieces) or "<i>nothing</i>"


def runs_table(runs: list[dict[str, Any]]) -> str:
    """All runs, the newest first; those that wait say behind whom."""
    if not runs:
        return empty("No run yet. Approve a plan and it is listed here.")
    rows = "".join(
        f"<tr><th scope='row'>{esc(r['run_id'])}</th><td>{esc(views.state_text(r))}</td><td>{r['step']:,} of {r['max_steps']:,}</td>"
        f"<td>{esc(r['goal'][:80])}</td><td>{esc(r['verdict'] or '-')}</td></tr>"
        for r in runs
    )
    return (
        '<div class="ts-scroll"><table class="ts-table"><tr><th>run</th><th>state</th><th>steps</th><th>goal</th>'
        f"<th>verdict</th></tr>{rows}</table></div>"
    )


TOUR = """<details class="ts-tour" open><summary>First time here? Three steps.</summary><ol>
<li><b>Say what you want</b> on the left, in your words, and drop the file that shows it. Or press <i>Try the sample</i>.</li>
<li><b>Read the plan</b> on the right. Every value says why. Change it by typing: “three epochs”, “smaller batch”.</li>
<li><b>Approve</b>. Nothing starts before. You can close the page; the run goes on, and the result waits for you.</li>
</ol></details>"""
