"""Where the time went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.trainer.recorded import run_of, write_rows
from trainer.diagnosis.failures.spent import advice, padding, spent
from trainer.records import append
from trainer.runs import Run

USUAL = {"steps": 90.0, "looks": 4.0, "saves": 3.0, "rows": 3.0, "slowed": 1.0, "swapped_gb": 0.0, "throttled": ""}


def run_with(folder: Path, **changes: Any) -> Run:
    run = run_of(folder)
    write_rows(run, {})
    run.event("spent", **(USUAL | changes))
    return run


def test_sessions_are_summed(home: Path, tmp_path: Path) -> None:
    run = run_with(tmp_path)
    run.event("spent", **USUAL)
    found = spent(run)
    assert found is not None
    assert (found.steps, found.total) == (180.0, 200.0)


def test_not_measured_is_none(home: Path, tmp_path: Path) -> None:
    assert spent(run_of(tmp_path)) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"looks": 50.0}, "eval_steps"),
        ({"saves": 50.0}, "Saving takes much"),
        ({"rows": 50.0}, "Waiting for rows"),
        ({"swapped_gb": 3.0}, "3.0 GB went to the disk"),
        ({"slowed": 2.0}, "2.0 times as long"),
        ({"slowed": 2.0, "throttled": "the GPU is too hot"}, "the GPU is too hot"),
    ],
)
def test_what_takes_more_than_its_share_is_named(
    home: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    run = run_with(tmp_path, **changes)
    found = spent(run)
    assert found is not None
    assert words in " ".join(advice(run, found))


def test_a_usual_run_is_told_nothing(home: Path, tmp_path: Path) -> None:
    run = run_with(tmp_path)
    found = spent(run)
    assert found is not None
    assert advice(run, found) == []


def test_padding_is_counted_by_the_rows_of_the_batches(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path, padding_free=False, per_device_train_batch_size=2)
    write_rows(run, {5: "long " * 100})
    assert padding(run) is None
    append(run.folder / "steps.jsonl", {"step": 1, "rows": [5, 6]})
    share = padding(run)
    assert share is not None
    assert 0.4 < share < 0.5
