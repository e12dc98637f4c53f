"""Starting points from what was good before: alike runs and searches only, never the plan's own values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.trainer.lab import rows
from tools.orders import Order, SearchSettings
from tools.search.past import likeness, rows_of, starts_for
from tools.search.study import StudyStore
from trainer.fields import replace
from trainer.proposal import Proposal, propose
from trainer.records import write_atomic
from trainer.runs import RunStore
from trainer.wishes import Wishes

SPACE: dict[str, dict[str, Any]] = {"learning_rate": {"low": 1e-5, "high": 1e-1, "log": True}}


def planned(path: Path, **wishes: Any) -> Proposal:
    return propose(path, Wishes(goal="answer", dataset_path=str(path), **wishes))


def with_rate(made: Proposal, rate: float) -> Proposal:
    plan = replace(made.plan, {"learning_rate": rate})
    return made.model_copy(update={"plan": plan, "hash": plan.digest()})


def finished(home: Path, made: Proposal, better: bool | None = True) -> None:
    run, _ = RunStore(home).create(made, f"yes {len(RunStore(home).all())}")
    write_atomic(run.folder / "result.json", {"verdict": {"better": better}})
    run.set_status("finished")


def test_the_most_like_runs_come_first_and_no_more_than_two(home: Path, tmp_path: Path) -> None:
    mine = planned(rows(tmp_path / "mine.csv", 100))
    far, near = planned(rows(tmp_path / "far.csv", 350)), planned(rows(tmp_path / "near.csv", 110))
    for made, rate in ((far, 3e-3), (near, 2e-3), (near, 4e-3), (near, mine.plan.optimisation.learning_rate)):
        finished(home, with_rate(made, rate))
    found = starts_for(mine, SPACE, home)
    assert [start.values["learning_rate"] for start in found] == [2e-3, 4e-3]
    assert (
        found[0].source == "run-2"
        and "the same model, sft" in found[0].why
        and f"{rows_of(near):,} rows" in found[0].why
    )


def test_other_kinds_and_failures_say_nothing(home: Path, tmp_path: Path) -> None:
    mine = planned(rows(tmp_path / "mine.csv", 100))
    finished(home, with_rate(planned(tmp_path / "mine.csv", tuning="lora"), 9e-3))
    finished(home, with_rate(mine, 8e-3), better=False)
    finished(home, with_rate(planned(rows(tmp_path / "many.csv", 2500)), 7e-3))
    assert starts_for(mine, SPACE, home) == ()
    assert likeness(mine, planned(tmp_path / "mine.csv", tuning="lora")) is None


def test_what_a_search_found_counts_for_more_than_a_run(home: Path, tmp_path: Path) -> None:
    mine = planned(rows(tmp_path / "mine.csv", 100))
    near = planned(rows(tmp_path / "near.csv", 120))
    finished(home, with_rate(mine, 5e-3))
    for holds, rate in ((True, 2e-3), (False, 6e-3)):
        order = Order(kind="search", proposal=near, search=SearchSettings(n_trials=3, space=SPACE))
        study, _ = StudyStore(home).create(order, f"yes {rate}")
        study.write(status="finished", best={"params": {"learning_rate": rate}, "value": 1.0}, holds=holds)
    found = starts_for(mine, SPACE, home)
    assert [(s.source, s.values["learning_rate"]) for s in found] == [("study-1", 2e-3), ("run-1", 5e-3)]
