"""The data report as it is shown on the page. Every value is escaped; rows are data, never markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui.html import empty, esc, marked_row

_MARKS = {"blocker": "stops it", "warn": "mind", "info": "note"}


def data_report(report: dict[str, Any] | None) -> str:
    """State first, then what to fix, then how the data look, then every column."""
    if not report:
        return empty("Drop a file into the chat, or press 'Try the sample': the report on its rows appears here.")
    parts = [
        _head(report),
        _first(report),
        _finding_list(report),
        _shape(report),
        _columns(report),
    ]
    return f'<section class="ts-card">{"".join(parts)}</section>'


def _head(report: dict[str, Any]) -> str:
    question = f'<p class="ts-note">{esc(report["question"])}</p>' if report.get("question") else ""
    share = report.get("notes", {}).get("sampled_share", 1)
    looked = "Every row was looked at" if share >= 1 else f"A sample of {100 * share:.1f} % was looked at"
    return (
        f"<h2>{esc(Path(report['path']).name)}</h2><p>{report['rows']:,} rows, {esc(report['encoding'])}, "
        f"format {esc(report['format'])}. {looked}, on this machine.</p>"
        f'<p class="ts-quality">{esc(report.get("quality", ""))}</p>{question}'
    )


def _first(report: dict[str, Any]) -> str:
    """The three things to fix first, with why."""
    found = {f["rule"]: f for f in reversed(report["findings"])}
    items = "".join(
        f"<li><b>{esc(found[rule]['advice'])}</b> {esc(found[rule].get('why', ''))}</li>"
        for rule in report.get("fix_first", ())
        if rule in found
    )
    return f"<h3>Fix first</h3><ol class='ts-first'>{items}</ol>" if items else ""


def _finding_list(report: dict[str, Any]) -> str:
    """The other findings, each with its rows and the repair it would get."""
    rest = [f for f in report["findings"] if f["rule"] not in report.get("fix_first", ())]
    if not rest:
        return ""
    return f'<h3>Also found</h3><ul class="ts-findings">{"".join(map(_finding, rest))}</ul>'


def _finding(found: dict[str, Any]) -> str:
    rows = ", ".join(f"{row:,}" for row in found["rows"])
    more = " ..." if found["count"] > len(found["rows"]) > 0 else ""
    where = f"<small>rows {rows}{more}</small>" if rows else ""
    repair = f"<small>repair: {esc(found['step']['op'].replace('_', ' '))}</small>" if found.get("step") else ""
    return (
        f'<li class="{esc(found["severity"])}"><span>{_MARKS.get(found["severity"], "note")}</span>'
        f"<div>{esc(found['advice'])} <small>{esc(found.get('why', ''))}</small> {where} {repair}</div></li>"
    )


def _shape(report: dict[str, Any]) -> str:
    parts = [
        _lengths(report),
        _bars("Labels", report.get("label_counts", {})),
        _bars("Languages", report.get("languages", {})),
    ]
    return f'<div class="ts-shape">{"".join(parts)}</div>{_choices(report)}{_trained(report)}'


def _lengths(report: dict[str, Any]) -> str:
    """How long the rows are, as a small picture with words beside it."""
    bins, tokens = report.get("histogram") or [], report.get("lengths")
    if not bins:
        return ""
    top = max(n for _, n in bins) or 1
    width = 100 / len(bins)
    bars = "".join(
        f'<rect x="{i * width:.2f}" y="{40 - 40 * n / top:.2f}" width="{0.85 * width:.2f}" height="{40 * n / top:.2f}">'
        f"<title>up to {end:,} characters: {n:,} rows</title></rect>"
        for i, (end, n) in enumerate(bins)
    )
    words = f"{tokens['p50']:,} tokens in the middle, {tokens['max']:,} at most" if tokens else ""
    return (
        f'<figure><figcaption>Length of rows <small>{words}</small></figcaption><svg viewBox="0 0 100 40" '
        f'preserveAspectRatio="none" role="img" aria-label="rows by length, up to {bins[-1][0]:,} characters">{bars}</svg>'
        f"<small>0 to {bins[-1][0]:,} characters</small></figure>"
    )


def _bars(title: str, counts: dict[str, int]) -> str:
    """The most frequent values as bars."""
    if not counts:
        return ""
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    top = ranked[0][1]
    lines = "".join(
        f'<tr><th scope="row">{esc(name[:40])}</th><td><i style="width:{100 * n / top:.0f}%"></i></td><td>{n:,}</td></tr>'
        for name, n in ranked[:8]
    )
    more = f"<small>{len(ranked) - 8} more</small>" if len(ranked) > 8 else ""
    return f'<figure><figcaption>{esc(title)} <small>{len(ranked)}</small></figcaption><table class="ts-bars">{lines}</table>{more}</figure>'


def _choices(report: dict[str, Any]) -> str:
    """What each max_length would cut."""
    choices = (report.get("lengths") or {}).get("choices") or []
    if not choices:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{c['max_length']:,}</th><td>{100 * c['rows_cut']:.1f} %</td>"
        f"<td>{100 * c['answer_lost']:.1f} %</td><td>{100 * c['rows_without_answer']:.1f} %</td></tr>"
        for c in choices
    )
    return (
        "<details><summary>What a shorter max_length would cut</summary><table class='ts-table'><tr><th>max_length</th>"
        f"<th>rows cut</th><th>answer text lost</th><th>rows losing their whole answer</th></tr>{rows}</table></details>"
    )


def _trained(report: dict[str, Any]) -> str:
    shown = report.get("shown")
    if not shown:
        return ""
    share = (report.get("lengths") or {}).get("trained_share", 0)
    return (
        f'<details class="ts-proof" open><summary>Row {shown["row"]:,} as the model sees it; the marked part is learned '
        f"({100 * share:.0f} % of all text)</summary><pre>{marked_row(shown['pieces'])}</pre></details>"
    )


def _columns(report: dict[str, Any]) -> str:
    used = {column: role for role, column in {**report.get("extras", {}), **report["roles"]}.items()}
    rows = "".join(_column(c, used.get(c["name"], ""), report) for c in report["columns"])
    return (
        '<h3>Columns</h3><div class="ts-scroll"><table class="ts-table ts-columns"><tr><th>column</th><th>used as</th>'
        f"<th>kind</th><th>filled</th><th>distinct</th></tr>{rows}</table></div>"
    )


def _column(column: dict[str, Any], role: str, report: dict[str, Any]) -> str:
    sure = report.get("confidence", {}).get(role)
    why = report.get("evidence", {}).get(role, "")
    told = f"{esc(role)}<small>{f'{100 * sure:.0f} % sure. ' if sure else ''}{esc(why)}</small>" if role else "-"
    return (
        f"<tr><th scope='row'>{esc(column['name'])}<small>{esc(' · '.join(column['examples'])[:120])}</small></th>"
        f"<td>{told}</td><td>{esc(column['kind'])}</td><td>{column['filled']:,}</td><td>{column['distinct']:,}</td></tr>"
    )


def progress(state: dict[str, Any]) -> str:
    """A long look at data: how far, how long yet, what was found already."""
    share = 100 * float(state.get("share", 0))
    left = state.get("left")
    words = f"{state.get('step', 'reading')}: {share:.0f} %" + (f", about {max(1, round(left))} s left" if left else "")
    found = "".join(f"<li>{esc(text)}</li>" for text in state.get("findings", ()))
    return (
        f'<section class="ts-card"><h2>Looking at your data</h2><div class="ts-bar" role="progressbar" '
        f'aria-valuenow="{share:.0f}" aria-valuemin="0" aria-valuemax="100"><i style="width:{share:.0f}%"></i></div>'
        f"<p>{esc(words)}</p>{f'<p>Found so far:</p><ul>{found}</ul>' if found else ''}</section>"
    )
