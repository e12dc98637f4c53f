"""The rules' own sentences about data, plans and runs. Short, with numbers and their basis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.wording import ENGLISH, Voice
from trainer.data.doctor.words import table as rules
from trainer.estimates import Range
from trainer.facts import DataFinding, DataProfile
from trainer.fields import diff
from trainer.proposal import Proposal
from trainer.runs import Run


def number(value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:.3g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def span(estimate: Range, voice: Voice = ENGLISH) -> str:
    """'3 to 5 minutes', or 'unknown'."""
    low, high = estimate.low, estimate.high
    if low is None or high is None:
        return voice.say("unknown")
    unit = voice.say(f"units.{estimate.unit}")
    if low == high:
        return voice.say("free") if estimate.unit == "USD" else f"{low:g} {unit}"
    return voice.say("between", low=f"{low:g}", high=f"{high:g}", unit=unit)


def data_words(profile: DataProfile, voice: Voice = ENGLISH, every: bool = False) -> str:
    """What was read, what the columns are, and what to fix first; `every` adds the findings after the first three."""
    head = voice.say("read", name=Path(profile.path).name, rows=f"{profile.rows:,}", encoding=profile.encoding)
    roles = [
        voice.say("looks_like", column=column, role=voice.say(f"roles.{r}"))
        for r, column in profile.roles.items()
        if voice.knows(f"roles.{r}")
    ]
    lines = [head, f"{'; '.join(roles)}." if roles else ""]
    if profile.format in ("preference", "kto"):
        lines = [head, _preference(profile)]
    if profile.lengths:
        n = profile.lengths
        lines.append(voice.say("lengths", mid=n.p50, most=f"{n.max:,}", tokenizer=n.tokenizer))
    if profile.label_counts:
        lines.append(voice.say("labels", count=len(profile.label_counts)))
    odd = [*_findings_in_words(profile, every), profile.question or ""]
    return "\n".join(line for line in [*lines, *in_english(odd, voice)] if line)


def _findings_in_words(profile: DataProfile, every: bool) -> list[str]:
    """The state of the data, three things to fix first, and how many more there are (or all of them)."""
    first = [f for rule in profile.fix_first for f in profile.findings if f.rule == rule][:3]
    rest = [f for f in profile.findings if f not in first]
    share = float(profile.notes.get("sampled_share", 1))
    lines = [
        f"The file is too large to look at every row: this is a sample of about {100 * share:.1f} % of it, and all "
        "counts are of the sample."
        if share < 1
        else "",
        profile.quality,
    ]
    if first:
        lines.append("To fix first:" if len(first) > 1 else "One thing to fix:")
        lines += [f"{i}. {f.advice} {f.why}".strip() for i, f in enumerate(first, start=1)]
    if every:
        lines += [f"- {f.advice}" for f in rest]
    elif rest:
        lines.append(f"{len(rest)} more point{'s' * (len(rest) != 1)} in the data report.")
    if any(f.step for f in profile.findings):
        lines.append("Say 'clean it' and I show the repairs first; your file itself is never changed.")
    return lines


def in_english(lines: list[str], voice: Voice) -> list[str]:
    """Lines that exist in English only, with a word about it for those who read another language."""
    said = [line for line in lines if line]
    return [voice.say("english_here"), *said] if said and voice.say("english_here") else said


def _preference(profile: DataProfile) -> str:
    kind, method = (
        ("answers marked good or bad", "KTO")
        if profile.format == "kto"
        else ("pairs of a preferred and a rejected answer", "DPO")
    )
    return f"They are {kind}: data for {method}, a method I can't train yet."


def plan_words(proposal: Proposal, voice: Voice = ENGLISH) -> str:
    """The plan in a few lines; the card shows the rest."""
    proof, needs = proposal.preflight, proposal.estimates
    lines = [
        _plan_line(proposal, voice),
        voice.say(
            "needs",
            time=span(needs.time, voice),
            memory=span(needs.memory, voice),
            cost=span(needs.cost, voice),
            share=f"{100 * proof.trained_share:.0f}",
            cut=proof.whole(proof.rows_cut),
        ),
    ]
    odd = [f"- {f.advice}" for f in proposal.findings if f.severity != "info" and _new(f)]
    lines += in_english(odd, voice)
    lines.append(voice.say("blocked" if proposal.blockers else "waiting"))
    return "\n".join(lines)


def _new(finding: DataFinding) -> bool:
    """Whether it is about the plan: what is about the data was told with them."""
    return finding.rule not in rules() or finding.rule == "split_leak"


def _plan_line(proposal: Proposal, voice: Voice) -> str:
    plan, proof = proposal.plan, proposal.preflight
    rank = getattr(plan.adapter, "lora_r", None)
    return voice.say(
        "plan",
        model=plan.base_model,
        how=voice.say("how_full" if plan.adapter.tuning == "full" else "how_lora"),
        rows=f"{proof.train_rows:,}",
        held=f"{proof.holdout_rows:,}",
        tuning=plan.adapter.tuning,
        rank=f" r={rank}" if rank else "",
        rate=f"{plan.optimisation.learning_rate:g}",
        epochs=number(plan.schedule.num_train_epochs),
        batch=plan.effective_batch_size,
        length=plan.schedule.max_length,
    )


def diff_words(old: Proposal, new: Proposal, voice: Voice = ENGLISH) -> str:
    """What changed, old -> new, and what it does to time and memory."""
    changed = {n: v for n, v in diff(old.plan, new.plan).items() if n not in ("goal", "roles")}
    if not changed:
        return voice.say("unchanged")
    parts = [f"{name} {number(a)} → {number(b)}{_by(new, name, voice)}" for name, (a, b) in changed.items()]
    lines = [voice.say("changed", parts=", ".join(parts))]
    for label, a, b in (
        ("time", old.estimates.time, new.estimates.time),
        ("memory", old.estimates.memory, new.estimates.memory),
    ):
        if (a.low, a.high) != (b.low, b.high):
            lines.append(f"{voice.say(label)}: {span(a, voice)} → {span(b, voice)}.")
    lines += in_english([f"- {f.advice}" for f in new.findings if f not in old.findings], voice)
    lines.append(voice.say("blocked_change" if new.blockers else "approve_this"))
    return "\n".join(lines)


def _by(proposal: Proposal, name: str, voice: Voice) -> str:
    reason = proposal.reasons.get(name)
    return f" ({voice.say('you') if reason.origin == 'user' else reason.why})" if reason else ""


def status_words(run: Run, voice: Voice = ENGLISH) -> str:
    """Where a run stands, with what is saved when it died."""
    state = run.status()
    kind = str(state.get("status"))
    filled = {
        "run": run.id,
        "step": f"{state.get('step', 0):,}",
        "steps": f"{state.get('max_steps', 0):,}",
        "loss": _loss(run, voice),
    }
    if kind in ("starting", "running"):
        return voice.say("running", **filled, status=voice.say(f"statuses.{kind}"), left=_left(state, voice))
    if kind == "evaluating":
        return voice.say("evaluating", run=run.id, phase=state.get("phase", "loading"))
    if kind == "finished":
        limit = voice.say("time_limit") if state.get("ended_by") == "time" else ""
        return voice.say("finished", **filled, limit=limit) + _verdict(run, voice)
    saved = state.get("saved") or run.last_checkpoint_name()
    reason = f": {state['reason']}" if state.get("reason") else ""
    how = voice.say(f"endings.{kind}") if voice.knows(f"endings.{kind}") else kind
    ended = voice.say("ended", **filled, how=how, reason=reason)
    return f"{ended} {voice.say('saved', saved=saved) if saved else voice.say('nothing_saved')}"


def _loss(run: Run, voice: Voice) -> str:
    rows = [r for r in run.history() if "loss" in r]
    return voice.say("loss", loss=f"{rows[-1]['loss']:.3g}") if rows and isinstance(rows[-1]["loss"], float) else ""


def _left(state: dict[str, Any], voice: Voice) -> str:
    eta = state.get("eta_seconds")
    return voice.say("left", minutes=max(1, round(eta / 60))) if eta else ""


def _verdict(run: Run, voice: Voice = ENGLISH) -> str:
    verdict = run.result().get("verdict", {})
    return " " + " ".join(in_english([verdict["sentence"]], voice)) if verdict else ""


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
