"""Formats and roles of made-up tables in many languages, and of the shared collection."""

from __future__ import annotations

import pytest

from tests.trainer.data.shape.tables import CASES, Case
from tests.trainer.data.shape.tables_fresh import FRESH
from trainer.data.formats import Shape, columns_of, flattened, shape_of
from trainer.data.shape.columns import Row


def shaped(rows: list[Row], wanted: dict[str, str] | None = None) -> Shape:
    flat = [flattened(r) for r in rows]
    return shape_of(columns_of(flat), flat, wanted or {})


@pytest.mark.parametrize("case", [*CASES, *FRESH], ids=lambda c: c.name)
def test_a_careful_person_would_read_it_so(case: Case) -> None:
    shape = shaped(case.rows)
    assert shape.format == case.format, shape
    assert case.roles.items() <= shape.roles.items(), shape
    assert case.extras.items() <= shape.extras.items(), shape
    assert (shape.question is not None) == case.asks, shape


@pytest.mark.parametrize("case", [*CASES, *FRESH], ids=lambda c: c.name)
def test_what_was_found_stays_when_it_is_said(case: Case) -> None:
    """The worker reads the file again with the plan's roles: nothing may move."""
    shape = shaped(case.rows)
    said = {r: c for r, c in shape.roles.items() if r in ("prompt", "completion", "messages", "label")}
    again = shaped(case.rows, said)
    assert (again.format, again.roles) == (shape.format, shape.roles)
