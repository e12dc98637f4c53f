"""Files of gigabytes (made small here by a lower limit): a sample is looked at and said to be one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent import data
from trainer.data.repair.steps import Recipe
from trainer.data.sources import lines as reading
from trainer.errors import UserFacingError
from trainer.preparing import looked_at
from trainer.proposal import propose
from trainer.wishes import Wishes


@pytest.fixture
def large(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reading, "SAMPLE_OVER", 1_000_000)
    monkeypatch.setattr(reading, "SAMPLE_BYTES", 2_000)
    path = tmp_path / "large.jsonl"
    rows = (
        {"question": f"where is parcel number {i}", "answer": f"Parcel {i} is on its way to you."}
        for i in range(20_000)
    )
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_the_sample_is_named(large: Path) -> None:
    report = data.inspect(str(large)).data
    assert 0 < report["notes"]["sampled_share"] < 0.2
    assert 500 < report["rows"] < 4_000


def test_no_training_on_a_part_without_saying_so(large: Path) -> None:
    with pytest.raises(UserFacingError, match="can't train on it whole"):
        propose(large, Wishes(goal="answer like us"))


def test_repairs_that_need_every_row_are_refused_and_others_read_the_whole_file(large: Path) -> None:
    patient = looked_at(large)
    with pytest.raises(UserFacingError, match="only a sample of it was looked at"):
        patient.apply(Recipe.checked({"steps": [{"op": "deduplicate", "how": "near"}]}))
    outcome = patient.apply(Recipe.checked({"steps": [{"op": "sample", "rows": 100}]}))
    assert (outcome.rows_in, outcome.rows_out) == (20_000, 100)
