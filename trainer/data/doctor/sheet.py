"""The data sheet: everything known about a data set, to hand to a colleague or an auditor. No row is quoted."""

from __future__ import annotations

import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from trainer.facts import DataFinding, DataProfile

PRIVATE = ("pii_", "secrets")


def markdown(profile: DataProfile, today: datetime.date | None = None) -> str:
    """The sheet as Markdown."""
    parts = [
        f"# Data sheet: {_cell(Path(profile.path).name)}",
        _facts(profile, today or datetime.datetime.now(datetime.UTC).date()),
        _state(profile),
        _table(("column", "used as", "how sure", "kind", "filled", "distinct", "why"), _columns(profile)),
        _lengths(profile),
        _counts("Labels", "label", profile.label_counts),
        _counts("Languages", "language", profile.languages),
        _findings("Personal data and secrets", [f for f in profile.findings if f.rule.startswith(PRIVATE)]),
        _findings("Other findings", [f for f in profile.findings if not f.rule.startswith(PRIVATE)]),
        _basis(profile),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def html(profile: DataProfile) -> str:
    """The sheet as one HTML page that loads nothing from elsewhere."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown(profile))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Data sheet</title><style>{_STYLE}</style>{body}'
    )


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top}"
)


def _cell(value: Any) -> str:
    """Text inside a table: one line, no markup, invisible characters shown."""
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(value))
    for mark in "\\`*_[]<>|#!":
        text = text.replace(mark, f"\\{mark}")
    return text


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(_cell(value) for value in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) if rows else ""


def _facts(profile: DataProfile, today: datetime.date) -> str:
    facts = [
        ("made", f"{today}, Tunesmith {version('tunesmith')}"),
        ("SHA-256", profile.fingerprint),
        ("size", f"{profile.bytes:,} bytes, {profile.rows:,} rows"),
        ("form", f"{profile.format}, {profile.encoding}"),
        *((k.replace("_", " "), v) for k, v in profile.notes.items()),
    ]
    return _table(("fact", "value"), facts)


def _state(profile: DataProfile) -> str:
    first = [f for rule in profile.fix_first for f in profile.findings if f.rule == rule]
    lines = [f"{i}. {_cell(f.advice)}" for i, f in enumerate(first, start=1)]
    return "\n\n".join(
        filter(None, ["## State", _cell(profile.quality), "To fix first:" if lines else "", "\n".join(lines)])
    )


def _columns(profile: DataProfile) -> list[tuple[Any, ...]]:
    used = {column: role for role, column in {**profile.extras, **profile.roles}.items()}
    return [
        (
            c.name,
            role or "not used",
            f"{profile.confidence[role]:.0%}" if role in profile.confidence else "",
            c.kind,
            f"{c.filled:,}",
            f"{c.distinct:,}",
            profile.evidence.get(role, ""),
        )
        for c in profile.columns
        for role in [used.get(c.name, "")]
    ]


def _lengths(profile: DataProfile) -> str:
    n = profile.lengths
    if n is None:
        return ""
    head = (
        f"## Lengths\n\nTokens a row, by the tokenizer of {_cell(n.tokenizer)} over {n.sampled:,} rows: {n.p50:,} in "
        f"the middle, {n.p95:,} at the 95th per cent, {n.max:,} at most. {n.trained_share:.0%} of them are answers."
    )
    rows = [
        (f"{c.max_length:,}", f"{c.rows_cut:.1%}", f"{c.answer_lost:.1%}", f"{c.rows_without_answer:.1%}")
        for c in n.choices
    ]
    return (
        f"{head}\n\n{_table(('max_length', 'rows cut', 'answer text lost', 'rows that lose their whole answer'), rows)}"
    )


def _counts(title: str, name: str, counts: dict[str, int]) -> str:
    if not counts:
        return ""
    shown = sorted(counts.items(), key=lambda pair: -pair[1])[:30]
    more = f"\n\n... and {len(counts) - 30} more." if len(counts) > 30 else ""
    return f"## {title}\n\n{_table((name, 'rows'), [(k, f'{n:,}') for k, n in shown])}{more}"


def _findings(title: str, found: list[DataFinding]) -> str:
    rows = [
        (f.severity, f"{f.count:,}", f.advice, f.why, f.step["op"] if f.step else "", ", ".join(map(str, f.rows[:5])))
        for f in found
    ]
    table = _table(("severity", "count", "finding", "why it matters", "repair", "first rows"), rows)
    return f"## {title}\n\n{table or 'None found.'}"


def _basis(profile: DataProfile) -> str:
    share = float(profile.notes.get("sampled_share", 1.0))
    looked = "Every row was looked at" if share >= 1 else f"A sample of {share:.1%} of the file was looked at"
    return (
        f"## How this was made\n\n{looked}, on this machine. Personal data, secrets, insults and orders to a model are "
        "found by patterns, checksums and lists of words: some are missed, and some hits are none. Near-duplicates are "
        "rows whose pairs of neighbouring words agree by three quarters or more (by 85 % in rows under twelve words). "
        "Languages are told by a classifier (py3langid) on rows of 20 letters and more."
    )
