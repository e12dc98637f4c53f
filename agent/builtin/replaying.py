"""What a wish for a replay names: rows, another value, a step, how often, how long."""

from __future__ import annotations

import re
from typing import Any

from agent.builtin import runs
from agent.builtin.reading import Reading
from trainer.replays.replay import REPLAYED

_ROWS = re.compile(r"(?:rows?|zeilen?|filas?|lignes?|examples?|samples?)\s+((?:#?\d[\d,]*|and|und|y|et|&|,|\s)+)")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_TIMES = re.compile(r"(?<![\d.])(\d{1,3})\s*(?:times|x\b|pairs|seeds|mal|veces|fois|次)")
_WITHIN = re.compile(
    r"(?:within|under|max\w*|at most|innerhalb von|höchstens|dans|en)\s+(\d+(?:\.\d+)?|an?)\s*"
    r"(?P<unit>h\b|hours?|stunden?|horas?|heures?|小时|min\w*|m\b|分)"
)
MOST_PAIRS = 20


def slots(r: Reading) -> dict[str, Any]:
    """Only what was said."""
    found: dict[str, Any] = {}
    if (step := runs.step(r.order)) is not None:
        found["step"] = step
    named = _WITHIN.sub(" ; ", _TIMES.sub(" ; ", r.order))
    if match := _ROWS.search(named):
        found["rows"] = _numbers(match[1])
    changes = {name: value for name, value in r.edits.values.items() if name in REPLAYED}
    if changes and "rows" not in found:
        found["changes"] = changes
    if match := _TIMES.search(r.order):
        found["pairs"] = min(MOST_PAIRS, max(2, int(match[1])))
    return found | budget(r)


def _numbers(text: str) -> list[int]:
    """Row numbers of a list: '8,231' alone is one number, '100,200' with more beside it too are several."""
    parts = re.findall(r"\d[\d,]*\d|\d", text)
    if len(parts) == 1 and _GROUPED.fullmatch(parts[0]) and not parts[0].endswith("00"):
        return [int(parts[0].replace(",", ""))]
    return [int(n) for n in re.findall(r"\d+", text)]


def budget(r: Reading) -> dict[str, Any]:
    """The minutes it may take, where some were said."""
    match = _WITHIN.search(r.order)
    if match is None:
        return {}
    amount = 1.0 if match[1] in ("a", "an") else float(match[1])
    return {"max_minutes": amount * (1 if match["unit"].startswith(("m", "分")) else 60)}
