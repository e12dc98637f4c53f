"""Experiments with a real run: a planted row is found guilty, its neighbour is not; the run stays as it was."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trainer.lab import Nursery, finished, made, rows
from trainer.diagnosis.dealt import read_steps
from trainer.errors import UserFacingError
from trainer.records import read_from
from trainer.replays.carry_out import extended, extents, outcomes, replayed
from trainer.replays.extent import planned_extent
from trainer.replays.replay import Wanted, planned
from trainer.runs import Run

BLOB = "5PuYG1y0udiznHhKGo3yYqqKGxEdREL1Be9SBBVL6djucFWvgrYjAN8LqDZUCrA1" * 2


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Any:
    """A finished run whose rows come in the file's order, one of them encoded data; its home."""
    folder = tmp_path_factory.mktemp("poisoned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_HOME", str(folder / "home"))
        (folder / "home").mkdir()
        path = rows(folder / "qa.csv", 96)
        lines = path.read_text("utf-8").splitlines()
        lines[60] = f'"where is my parcel number 59 please help me with it soon?","{BLOB}"'
        path.write_text("\n".join(lines) + "\n", "utf-8")
        shape = {"tuning": "full", "num_train_epochs": 1, "max_steps": None, "learning_rate": 1e-3}
        more = {"train_sampling_strategy": "sequential", "per_device_train_batch_size": 4, "eval_steps": 5}
        run = finished(nursery.start(made(path, "poisoned", **shape, **more)))
        yield run


def step_of(run: Run, row: int) -> int:
    return next(s.step for s in read_steps(run.folder) if row in s.rows)


def untouched(run: Run) -> dict[str, int]:
    return {str(p.relative_to(run.folder)): p.stat().st_mtime_ns for p in run.checkpoints.rglob("*") if p.is_file()}


def test_the_row_is_guilty_and_its_neighbour_is_not(poisoned: Run) -> None:
    step = step_of(poisoned, 60)
    neighbour = next(n for s in read_steps(poisoned.folder) if s.step == step for n in s.rows if n != 60)
    before, told = untouched(poisoned), []
    guilty = planned(poisoned, None, (step, step), (60,), Wanted(pairs=2))
    assert 0 < guilty.start < step, "a checkpoint before the moment is used"
    outcome = replayed(guilty, poisoned, "one", lambda done, total, _: told.append((done, total)))
    assert outcome.verdict == "confirmed", [(p.as_was, p.without) for p in outcome.pairs]
    recorded = next(float(r["loss"]) for r in poisoned.history() if r.get("step") == step and "loss" in r)
    assert outcome.pairs[0].as_was == pytest.approx(recorded, rel=0.02), "the run's own way comes out as it was"
    assert told
    assert told[-1][1] == 2 * 2 * guilty.steps
    assert replayed(guilty, poisoned, "one").pairs == outcome.pairs, "the same approval trains nothing twice"
    other = planned(poisoned, None, (step, step), (neighbour,), Wanted(pairs=2))
    assert replayed(other, poisoned, "two").verdict == "not confirmed"
    assert [o.verdict for o in outcomes(poisoned)] == ["confirmed", "not confirmed"]
    assert untouched(poisoned) == before
    assert not list(poisoned.folder.glob("replay-*"))


def test_a_person_ends_it(poisoned: Run) -> None:
    class Enough(Exception):
        pass

    def watch(*_: Any) -> None:
        raise Enough

    step = step_of(poisoned, 60)
    with pytest.raises(Enough):
        replayed(planned(poisoned, None, (step, step), (60,), Wanted()), poisoned, "three", watch)
    assert not list(poisoned.folder.glob("replay-*"))
    assert all(line["approval"] != "three" for line in read_from(poisoned.folder / "replays.jsonl")[0])


def test_another_run_goes_first(poisoned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    step = step_of(poisoned, 60)
    guilty = planned(poisoned, None, (step, step), (60,), Wanted())
    monkeypatch.setattr(Run, "status", lambda self: {"status": "running"})
    with pytest.raises(UserFacingError, match="needs the machine for itself"):
        replayed(guilty, poisoned, "four")


def test_a_learning_curve_is_really_trained(poisoned: Run) -> None:
    outcome = extended(planned_extent(poisoned), poisoned, "five")
    assert {(p.share, p.seed) for p in outcome.points} == {(1.0, 42), (0.25, 42), (0.5, 42), (1.0, 43)}
    assert all(p.loss > 0 for p in outcome.points)
    assert outcome.noise is not None
    assert extents(poisoned)[0].points == outcome.points
