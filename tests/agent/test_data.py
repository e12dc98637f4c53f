"""Rows decided one by one: a repair of one's own rows, a file of accepted new ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent import data, more
from trainer.errors import UserFacingError
from trainer.paths import SAMPLE_DATA


@pytest.fixture
def own(tmp_path: Path, qa_file: Path) -> Path:
    (tmp_path / "README.md").write_text("ours")
    return qa_file


def test_decisions_become_a_repair(own: Path, home: Path) -> None:
    with pytest.raises(UserFacingError, match="no row was decided on yet"):
        data.reviewed(own)
    assert data.decide(own, 3, "reject") == {"accept": 0, "reject": 1, "edited": 0}
    assert data.decide(own, 4, {"answer": "Changed by hand."}) == {"accept": 0, "reject": 1, "edited": 1}
    order = data.reviewed(own)
    assert order.preparation is not None
    assert (order.preparation.outcome.rows_in, order.preparation.outcome.rows_out) == (120, 119)
    assert data.accepted(own) is None


def test_a_changed_file_has_no_decisions(own: Path, home: Path) -> None:
    data.decide(own, 3, "reject")
    own.write_text(own.read_text() + '"one more","yes"\n')
    with pytest.raises(UserFacingError, match="no row was decided on yet"):
        data.reviewed(own)


def test_accepted_new_rows_become_a_file_to_train_on(home: Path) -> None:
    offer = more.offer(str(SAMPLE_DATA), more.Wanted(how="noise", rows=6))
    pending = more.make(offer).path
    found = data.looked_at(pending)
    assert "unreviewed_rows" in found.diagnosis.found
    assert [f.severity for f in found.profile.findings if f.rule == "unreviewed_rows"] == ["blocker"]
    column = found.shape.roles["prompt"]
    data.decide(pending, 1, "accept")
    data.decide(pending, 2, {column: "written by hand"})
    accepted = data.accepted(pending)
    assert accepted is not None
    rows = [json.loads(line) for line in accepted.read_text("utf-8").splitlines()]
    assert len(rows) == 755 + 2
    assert rows[-1][column] == "written by hand"
    assert "unreviewed_rows" not in data.looked_at(accepted).diagnosis.found


def test_the_sheet_quotes_no_row(own: Path, home: Path, tmp_path: Path) -> None:
    for ending in (".md", ".html"):
        text = data.write_sheet(own, tmp_path / f"sheet{ending}").read_text("utf-8")
        assert "120 rows" in text
        assert "where is my parcel" not in text
    with pytest.raises(UserFacingError, match="exists already"):
        data.write_sheet(own, tmp_path / "sheet.md")
