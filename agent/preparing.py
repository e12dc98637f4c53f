"""What is said while a rewriting of data waits for a person is about that rewriting, whatever it was taken for."""

from __future__ import annotations

from typing import Any

from tools import augmenting
from tools.desk import Desk
from tools.laying import waiting
from tools.recipes import says, table, taken_out

REVISIONS = ("revise_plan", "clarify", "inspect_data", "prepare_data", "decline_plan")
"""Tools that 'keep the duplicates' or 'don't mask' may be taken for."""

OPS = {"max_samples": "sample", "val_split": "split"}
"""Values of a plan that are said of data while data are what is on the table."""


def aimed(call: dict[str, Any], text: str, desk: Desk) -> dict[str, Any]:
    """The call, or the change of the preparation on the table that the person's words ask for."""
    if augmenting.waiting(desk) is not None:
        return _aimed_at_rows(call, text)
    if call["name"] == "propose_plan" and waiting(desk) is None and says(table()["clean_first"], text):
        return {"name": "prepare_data", "arguments": call["arguments"]}
    if waiting(desk) is None or call["name"] not in REVISIONS or call["name"] == "prepare_data":
        return call
    if parts := _parts(call, text):
        return {"name": "prepare_data", "arguments": {"without": parts}}
    said = {k: v for k, v in call["arguments"].items() if v is not None}
    ops = [OPS[k] for k in said if k in OPS]
    if call["name"] == "revise_plan" and ops and said.keys() <= {*OPS, "seed"}:
        return {"name": "prepare_data", "arguments": {"prep_ops": ops, **said}}
    return call


def _aimed_at_rows(call: dict[str, Any], text: str) -> dict[str, Any]:
    """'Only 50 rows' or 'with the judge' while new rows wait."""
    if call["name"] not in ("revise_plan", "clarify", "propose_plan", "prepare_data") or not augmenting.changes(text):
        return call
    return {"name": "augment_data", "arguments": {}}


def _parts(call: dict[str, Any], text: str) -> list[str]:
    """Parts of the recipe to be left away, by the words and by a plan's own 'keep the duplicates'."""
    skip = call["arguments"].get("skip_rows")
    kept = ["deduplicate"] if isinstance(skip, list) and "duplicates" not in skip else []
    return list(dict.fromkeys([*taken_out(text), *kept]))
