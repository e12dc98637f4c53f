"""Fields of use (support, legal, health, ...): what usually fits there, what goes wrong, what to check."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from trainer.facts import DataFinding
from trainer.wishes import Wishes


@cache
def table() -> dict[str, dict[str, Any]]:
    """Field -> words, method, metric, caution, check, as in `domains.yaml`."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "domains.yaml").read_text("utf-8"))
    return loaded


def domain_of(wishes: Wishes) -> str | None:
    """The named field, or the only one whose own words stand in the goal; None when none or several do."""
    if wishes.domain is not None:
        return wishes.domain
    found = [name for name, row in table().items() if _says(row["words"], wishes.goal)]
    return found[0] if len(found) == 1 else None


def _says(words: list[str], goal: str) -> bool:
    return re.search(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", goal.lower()) is not None


def findings(wishes: Wishes) -> list[DataFinding]:
    """What the field asks for, as notes beside the plan; none where no field is told."""
    name = domain_of(wishes)
    if name is None:
        return []
    row = table()[name]
    return [
        _note(f"domain_{name}", f"Usual in {name}: {{}}.", [row["method"], row["metric"]], ". Judged by: "),
        _note(f"domain_{name}_caution", "{}", row["caution"], " "),
        _note(f"domain_{name}_check", "Before use: {}", row["check"], " "),
    ]


def task_of(wishes: Wishes) -> str | None:
    """What is usually taught in the field, where that is one thing."""
    name = domain_of(wishes)
    return table()[name].get("task") if name else None


def _note(rule: str, words: str, entries: list[dict[str, str]], between: str) -> DataFinding:
    said = words.format(between.join(entry["say"] for entry in entries))
    sources = "; ".join(dict.fromkeys(entry["source"] for entry in entries))
    return DataFinding(rule=rule, severity="info", count=1, advice=said, why=f"Sources: {sources}.")
