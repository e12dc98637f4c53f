"""A search in the page: its trials as they come, what mattered, what was traded for what, the sentence at the end."""

from __future__ import annotations

from typing import Any

from ui import views
from ui.html import esc

PURPOSES = {
    "plan": "the plan itself",
    "past": "from the past",
    "sample": "new values",
    "longer": "goes on",
    "step": "another rate",
    "again": "another seed",
}
STATES = {"complete": "done", "pruned": "stopped: hopeless", "fail": "failed"}


def study_panel(study_id: str, state: dict[str, Any]) -> str:
    """Everything about a search but its charts."""
    told = f'<p class="ts-note">{esc(state["text"])}</p>' if state.get("text") else ""
    head = f'<section class="ts-card"><h2>{esc(study_id)}: {esc(views.state_text(state))}</h2>'
    return f"{head}{told}{_spent(state)}{_importance(state)}{_front(state)}{_table(state)}</section>"


def _spent(state: dict[str, Any]) -> str:
    trials = state.get("trials", [])
    if not trials:
        return ""
    done = sum(t["state"] != "running" for t in trials)
    return f'<p class="ts-facts">{done} trials done, as much as {state.get("spent", 0):.1f} whole trainings.</p>'


def _importance(state: dict[str, Any]) -> str:
    shares = sorted((state.get("importance") or {}).items(), key=lambda pair: -pair[1])
    rows = "".join(
        f"<dt>{esc(name)}</dt><dd><div class='ts-bar' role='img' aria-label='{100 * share:.0f} %'>"
        f"<i style='width:{100 * share:.0f}%'></i></div></dd>"
        for name, share in shares
    )
    return f"<h3>What mattered</h3><dl class='ts-lines'>{rows}</dl>" if rows else ""


def _front(state: dict[str, Any]) -> str:
    """Whole trainings that no other beats in everything that was weighed."""
    rows = {t["number"]: t for t in state.get("trials", [])}
    front = [rows[n] for n in state.get("pareto") or [] if n in rows]
    if len(front) < 2:
        return ""
    items = "".join(f"<li>Trial {t['number']}: {esc(_cost(t))}</li>" for t in front)
    return f"<h3>None of the others beats these in everything</h3><ul class='ts-findings'>{items}</ul>"


def _cost(t: dict[str, Any]) -> str:
    time = "" if t.get("seconds") is None else f" in {t['seconds']:.0f} s"
    size = "" if t.get("size") is None else f", {t['size']:,} numbers trained"
    return f"loss {t['value']:.4f}{time}{size}"


def _table(state: dict[str, Any]) -> str:
    best = (state.get("best") or {}).get("trial")
    rows = "".join(_row(t, t["number"] == best) for t in state.get("trials", []))
    return (
        '<div class="ts-scroll"><table class="ts-table"><tr><th>trial</th><th>state</th><th>part of the steps</th>'
        f"<th>values</th><th>validation loss</th></tr>{rows}</table></div>"
    )


def _state(t: dict[str, Any]) -> str:
    if t.get("refused"):
        return "not begun: too much memory"
    return "cut off" if t.get("out_of_time") else STATES.get(t["state"], t["state"])


def _row(t: dict[str, Any], best: bool) -> str:
    values = ", ".join(f"{k} {views.value_text(v)}" for k, v in t["params"].items())
    step = f"<small>{t.get('step', 0):,} of {t.get('max_steps', 0):,}</small>" if t["state"] == "running" else ""
    what = PURPOSES.get(t.get("purpose", ""), "")
    of = f" (trial {t['of']})" if t.get("of") is not None else ""
    return (
        f"<tr{' class=best' if best else ''}><th scope='row'>{t['number']}<small>{esc(what + of)}</small></th>"
        f"<td>{esc(_state(t))}</td><td>{t.get('share', 1.0):.0%}{step}</td>"
        f"<td>{esc(values)}</td><td>{'-' if t['value'] is None else format(t['value'], '.4f')}</td></tr>"
    )
