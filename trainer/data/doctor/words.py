"""Findings in words: the rule's sentence from the table, filled with what was found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from trainer.data.doctor.diagnosis import Found
from trainer.facts import DataFinding

ROWS_SHOWN = 10
_ORDER = {"blocker": 0, "warn": 1, "info": 2}


@cache
def table() -> dict[str, dict[str, Any]]:
    """Every rule: severity, weight, say, why, step."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "rules.yaml").read_text("utf-8"))
    return loaded


def counted(n: int, noun: str = "row") -> str:
    """'1 row', '1,340 rows'."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def finding(found: Found) -> DataFinding:
    """One finding as it is shown, with up to ROWS_SHOWN of its rows."""
    rule = table()[found.rule]
    facts = {"rows": counted(found.count), "lines": counted(found.count, "line"), "count": found.count, **found.facts}
    return DataFinding(
        rule=found.rule,
        severity=rule["severity"],
        count=found.count,
        rows=tuple(int(row) for row in found.rows[:ROWS_SHOWN]),
        advice=rule["say"].format(**facts),
        why=rule["why"],
        step=_step(rule.get("step"), facts),
    )


def _step(template: dict[str, Any] | None, facts: dict[str, Any]) -> dict[str, Any] | None:
    """The proposed repair; a value in braces is one of the facts."""
    if template is None:
        return None
    return {k: facts[v[1:-1]] if isinstance(v, str) and v.startswith("{") else v for k, v in template.items()}


def findings(found: Iterable[Found]) -> tuple[DataFinding, ...]:
    """All findings, the gravest first."""
    worded = [finding(f) for f in found]
    return tuple(sorted(worded, key=lambda f: (_ORDER[f.severity], -table()[f.rule]["weight"])))
