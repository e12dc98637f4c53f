"""What is said while a rewriting of data waits for a person is about that rewriting, whatever it was taken for."""

from __future__ import annotations

from typing import Any

from tools.desk import Desk
from tools.laying import waiting
from tools.recipes import taken_out

REVISIONS = ("revise_plan", "clarify", "inspect_data", "prepare_data", "decline_plan")
"""Tools that 'keep the duplicates' or 'don't mask' may be taken for."""


def aimed(call: dict[str, Any], text: str, desk: Desk) -> dict[str, Any]:
    """The call, or the change of the preparation on the table that the person's words ask for."""
    if waiting(desk) is None or call["name"] not in REVISIONS:
        return call
    parts = _parts(call, text)
    if not parts or call["name"] == "prepare_data":
        return call
    return {"name": "prepare_data", "arguments": {"without": parts}}


def _parts(call: dict[str, Any], text: str) -> list[str]:
    """Parts of the recipe to be left away, by the words and by a plan's own 'keep the duplicates'."""
    skip = call["arguments"].get("skip_rows")
    kept = ["deduplicate"] if isinstance(skip, list) and "duplicates" not in skip else []
    return list(dict.fromkeys([*taken_out(text), *kept]))
