"""Two runs against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.trainer.lab import made
from tests.trainer.lab import rows as questions
from tests.trainer.recorded import write_rows
from tools.arguments import Compare
from tools.comparing import compare_runs
from tools.desk import Desk
from trainer.records import write_atomic
from trainer.runs import Run


def pair(folder: Path, **changes: Any) -> tuple[Run, Run]:
    path = questions(folder / "qa.csv", 60)
    a, b = made(path, "a"), made(path, "b", **changes)
    for run in (a, b):
        run.sealed.parent.mkdir(exist_ok=True)
        run.sealed.touch()
    return a, b


def result(run: Run, value: float, half: float) -> None:
    tuned = {"value": value, "low": value - half, "high": value + half}
    write_atomic(run.folder / "result.json", {"metric": "chrf", "tuned": tuned})


def told(home: Path) -> str:
    return compare_runs(Compare(), Desk(home=home, roots=[home])).say


def test_one_difference_is_the_likely_reason(home: Path, tmp_path: Path) -> None:
    a, b = pair(tmp_path, learning_rate=5e-3)
    write_rows(a, {})
    write_rows(b, {})
    result(a, 0.3, 0.05)
    result(b, 0.6, 0.05)
    words = told(home)
    assert "learning_rate" in words
    assert "Both trained on the same 199 rows." in words
    assert "the intervals are apart" in words
    assert "Only learning_rate differs, so the difference is likely due to it." in words


def test_rows_that_differ_are_counted_and_two_changes_can_not_be_told_apart(home: Path, tmp_path: Path) -> None:
    a, b = pair(tmp_path, learning_rate=5e-3)
    write_rows(a, {})
    write_rows(b, {7: "no"}, 150)
    result(a, 0.3, 0.05)
    result(b, 0.6, 0.05)
    words = told(home)
    assert "148 rows are the same, 51 only the first had, 1 only the second." in words
    assert "2 things differ at once (learning_rate, the rows)" in words


def test_overlapping_intervals_need_no_reason(home: Path, tmp_path: Path) -> None:
    a, b = pair(tmp_path, learning_rate=5e-3)
    result(a, 0.3, 0.2)
    result(b, 0.4, 0.2)
    assert "may be chance; two seeds each would tell" in told(home)


@pytest.mark.parametrize("both", [False, True])
def test_without_results_nothing_is_weighed(home: Path, tmp_path: Path, both: bool) -> None:
    a, _ = pair(tmp_path)
    if both:
        result(a, 0.3, 0.05)
    assert "no result on the hold-out yet" in told(home)
