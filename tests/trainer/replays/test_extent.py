"""A learning curve: what it costs, and what its points say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.recorded import run_of, spiked
from trainer.errors import UserFacingError
from trainer.replays.extent import Extent, ExtentOutcome, planned_extent, told

EXTENT = Extent(run_id="run-1", plan_hash="", rows=100, seed=43, steps=300, seconds=(10, 20))


def test_three_trainings_of_as_many_steps(home: Path, tmp_path: Path) -> None:
    found = planned_extent(spiked(tmp_path))
    assert found.steps == 3 * 60
    assert found.shares == (0.25, 0.5)
    low, high = found.seconds
    assert low < 14 + 3 * 2 + 180 * 0.5 < high


def test_it_says_what_it_lacks(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserFacingError, match="not come to its end"):
        planned_extent(run_of(tmp_path))
    with pytest.raises(UserFacingError, match="within 3 minutes"):
        planned_extent(spiked(tmp_path), 1.0)


@pytest.mark.parametrize(
    ("half", "whole", "other", "wanted"),
    [
        (1.0, 0.6, 0.62, "more rows would help"),
        (0.62, 0.6, 0.65, "more rows would hardly help"),
        (0.5, 0.6, 0.6, "more rows would hardly help"),
        (1.0, 0.6, None, "cannot tell"),
        (float("inf"), 0.6, 0.6, "cannot tell"),
        (1.0, 0.6, float("inf"), "cannot tell"),
    ],
)
def test_a_gain_counts_beyond_what_another_seed_changes(
    half: float, whole: float, other: float | None, wanted: str
) -> None:
    lines = [{"share": 1.0, "seed": 42, "best": whole}, {"share": 0.25, "seed": 42, "best": 2.0}, {"step": 3}]
    lines += [{"share": 0.5, "seed": 42, "best": half}, {"share": 1.0, "seed": 43, "best": other}]
    found = told(EXTENT, lines)
    assert found.verdict == wanted
    assert (found.gain is None) == (half == float("inf"))
    assert (found.noise is None) == (other in (None, float("inf")))
    assert ExtentOutcome.model_validate(found.model_dump(mode="json")) == found
