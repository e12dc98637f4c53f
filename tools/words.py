"""The rules' own sentences about data, plans and runs. Short, with numbers and their basis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.wording import ENGLISH, Voice
from trainer.estimates import Range
from trainer.facts import DataProfile
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
        lines = [head, voice.say(f"judged.{profile.format}")]
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
    if kind == "queued":
        return queued_words(run, state, voice)
    if kind == "stopped" and state.get("left_line"):
        return voice.say("left_line", **filled)
    if kind in ("starting", "running"):
        words = voice.say("running", **filled, status=voice.say(f"statuses.{kind}"), left=_left(state, voice))
        return f"{words} ({state['phase']})" if state.get("silent_seconds") else words
    if kind == "evaluating":
        return voice.say("evaluating", run=run.id, phase=state.get("phase", "loading"))
    if kind == "finished":
        limit = voice.say("time_limit") if state.get("ended_by") == "time" else ""
        return voice.say("finished", **filled, limit=limit) + _verdict(run, voice)
    saved = state.get("saved") or run.last_checkpoint_name()
    reason = f": {str(state['reason']).rstrip('.')}" if state.get("reason") else ""
    how = voice.say(f"endings.{kind}") if voice.knows(f"endings.{kind}") else kind
    ended = voice.say("ended", **filled, how=how, reason=reason)
    return f"{ended} {voice.say('saved', saved=saved) if saved else voice.say('nothing_saved')}"


def queued_words(run: Run, state: dict[str, Any], voice: Voice = ENGLISH) -> str:
    """Behind whom a run waits, at which place, and how long if that is known. `state` is the run's status."""
    wait = state.get("wait_seconds")
    minutes = "" if wait is None else voice.say("wait", minutes=max(1, round(wait / 60)))
    return voice.say(
        "queued", run=run.id, ahead=state.get("waits_for"), place=state.get("place"), of=state.get("of"), wait=minutes
    )


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
    """The verdict and the second figure."""
    result = run.result()
    if not result:
        return f"{run.id} has no result yet. {status_words(run)}"
    lines = [result["verdict"]["sentence"]]
    for name, pair in result.get("also", {}).items():
        b, t = pair["base"], pair["tuned"]
        lines.append(f"{name}: {b['value']:.3g} before, {t['value']:.3g} after ({t['low']:.3g} to {t['high']:.3g}).")
    return "\n".join(lines)


def sample_words(result: dict[str, Any]) -> list[str]:
    """Three samples that were not picked: they quote rows."""
    lines = []
    for sample in result.get("samples", []):
        lines.append(
            f"Row {sample['row']}: {_cut(sample['prompt'])!r}\n  before: {_cut(sample['base'])!r}"
            f"\n  after:  {_cut(sample['tuned'])!r}\n  yours:  {_cut(sample['reference'])!r}"
        )
    return lines


def _cut(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
