"""What a wish for a replay names: rows, another value, a step, how often, how long."""

from __future__ import annotations

import re
from typing import Any

from agent.builtin import runs
from agent.builtin.reading import Reading
from trainer.replays.replay import REPLAYED

_ROWS = re.compile(r"(?:rows?|zeilen?|filas?|lignes?|examples?|samples?)\s+((?:#?\d[\d,]*|and|und|y|et|&|,|\s)+)")
_TIMES = re.compile(r"(\d{1,2})\s*(?:times|x\b|pairs|seeds|mal|veces|fois|次)")
_WITHIN = re.compile(
    r"(?:within|in|under|max\w*|at most|innerhalb von|höchstens|en|dans)\s+(\d+(?:\.\d+)?)\s*(?:min\w*|m\b|分)"
)


def slots(r: Reading) -> dict[str, Any]:
    """Only what was said."""
    found: dict[str, Any] = {}
    if (step := runs.step(r.order)) is not None:
        found["step"] = step
    if match := _ROWS.search(r.order):
        found["rows"] = [int(n.replace(",", "")) for n in re.findall(r"\d{1,3}(?:,\d{3})+|\d+", match[1])]
    changes = {name: value for name, value in r.edits.values.items() if name in REPLAYED}
    if changes and "rows" not in found:
        found["changes"] = changes
    if match := _TIMES.search(r.order):
        found["pairs"] = min(20, max(2, int(match[1])))
    return found | budget(r)


def budget(r: Reading) -> dict[str, Any]:
    """The minutes it may take, where some were said."""
    match = _WITHIN.search(r.order)
    return {"max_minutes": float(match[1])} if match else {}
