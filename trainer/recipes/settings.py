"""The table of settings: for each leaf of a plan the first row that fits the case, with its reason and source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from trainer.reasons import Reason


@dataclass(frozen=True)
class Case:
    """What the rows of the table may ask about."""

    method: str
    tuning: str
    loss: str
    rows: int
    """Rows to learn from; windows for plain text."""
    params: int


@cache
def table() -> dict[str, list[dict[str, Any]]]:
    """Leaf -> rows, as in `settings.yaml`."""
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        (Path(__file__).parent / "settings.yaml").read_text("utf-8")
    )
    return loaded


def setting(name: str, case: Case) -> tuple[Any, Reason]:
    """The value of a leaf for a case, and why."""
    row = next(row for row in table()[name] if _fits(row, case))
    return row["value"], Reason(origin=row.get("origin", "recipe"), why=row["why"], source=row["source"])


def _fits(row: dict[str, Any], case: Case) -> bool:
    named = all(getattr(case, key) in listed(row[key]) for key in ("method", "tuning", "loss") if key in row)
    few = case.rows < row.get("rows_below", float("inf"))
    return named and few and row.get("params_above", -1) < case.params < row.get("params_below", float("inf"))


def listed(value: Any) -> list[Any]:
    """A condition's values, one or several."""
    return value if isinstance(value, list) else [value]
