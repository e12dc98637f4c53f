"""Whether there are enough rows for what the format teaches, and what more would buy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from trainer.data.doctor.diagnosis import Found
from trainer.data.doctor.words import counted

_LOST = ("rows_empty", "rows_unknown_role", "rows_no_answer", "rows_broken_text", "rows_broken_json")


@cache
def _table() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "amounts.yaml").read_text("utf-8"))
    return loaded


def too_little(format_: str, rows: int, found: Sequence[Found]) -> list[Found]:
    """A finding when the usable rows are too few for the format."""
    need = _table().get(format_)
    usable = rows - len({row for f in found if f.rule in (*_LOST, "exact_duplicates") for row in f.rows})
    if need is None or usable >= need["least"]:
        return []
    return [Found("too_little_data", usable, (), {"rows": counted(usable), "buys": need["buys"]})]
