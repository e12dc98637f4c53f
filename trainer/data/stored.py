"""A run's own copy of its rows: written once by the split, read by training, test and diagnosis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.data.convert import Example
from trainer.records import read_from


def examples_in(file: Path) -> list[Example]:
    """Rows as they were written by the split."""
    return [_example(row) for row in read_from(file)[0]]


def _example(row: dict[str, Any]) -> Example:
    return Example(
        row["row"],
        tuple((m["role"], m["content"]) for m in row.get("messages", [])),
        row.get("text", ""),
        rejected=row.get("rejected", ""),
        good=row.get("label"),
        columns=tuple(row.get("columns", {}).items()),
    )
