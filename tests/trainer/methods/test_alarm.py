"""Watching a run while it goes: alerts in its events, a diverged one held, the checkpoint before it kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.trainer.recorded import run_of, write_rows
from trainer.checkpoints import pin, rotate, seal
from trainer.methods.alarm import Alarm
from trainer.methods.hours import Hours
from trainer.methods.train import _held
from trainer.methods.watch import Guard
from trainer.runs import Run

CALM = [2.0 - 0.01 * n + 0.02 * (n % 3) for n in range(30)]
WILD = [3.0, 5.0, *[8.0 + 0.01 * n for n in range(12)]]


def watched(run: Run, losses: list[float], holds: bool) -> Guard:
    """A run that logs these losses."""
    guard = Guard(run, None)
    alarm = Alarm(run, guard, holds)
    for step, loss in enumerate(losses, start=1):
        logs = {"loss": loss, "grad_norm": 1.0, "learning_rate": 1e-3}
        alarm.on_log(None, SimpleNamespace(global_step=step, max_steps=200), None, logs)  # type: ignore[arg-type]
    return guard


def saved(run: Run, *steps: int) -> None:
    for step in steps:
        folder = run.checkpoints / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "weights").write_text("w")
        seal(folder)


@pytest.fixture
def run(home: Path, tmp_path: Path) -> Run:
    made = run_of(tmp_path)
    write_rows(made, {})
    saved(made, 10, 25)
    return made


def alerts(run: Run) -> list[dict[str, Any]]:
    return [e for e in run.events() if e["kind"] == "alert"]


def test_a_calm_run_is_left_alone(run: Run) -> None:
    assert watched(run, CALM, True).reason is None
    assert alerts(run) == []


def test_a_diverged_run_is_held_with_its_last_checkpoint_before(run: Run) -> None:
    assert watched(run, CALM + WILD, True).reason == "held"
    told = alerts(run)[0]
    assert (told["finding"]["label"], told["holds"], told["kept"]) == ("divergence", True, "checkpoint-25")
    saved(run, 31, 32, 33)
    rotate(run.checkpoints, 2, None)
    assert sorted(p.name for p in run.checkpoints.glob("checkpoint-*")) == [
        "checkpoint-25",
        "checkpoint-32",
        "checkpoint-33",
    ]
    assert _held(run, SimpleNamespace(state=SimpleNamespace(global_step=44)))
    state = run.status()
    assert state["status"] == "stopped"
    assert "held to ask you: divergence" in state["reason"]


def test_after_a_resume_the_same_does_not_hold_it_again(run: Run) -> None:
    watched(run, CALM + WILD, True)
    assert watched(run, CALM + WILD, True).reason is None
    assert len(alerts(run)) == 1


def test_a_rule_that_breaks_ends_the_watching_and_not_the_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a rule")

    monkeypatch.setattr("trainer.methods.alarm.Lookout.look", broken)
    assert watched(run, CALM + WILD, True).reason is None
    assert [e["error"] for e in run.events() if e["kind"] == "watching_ended"] == ["ZeroDivisionError: a rule"]


def test_validations_are_no_looks_and_the_last_step_holds_nothing(run: Run) -> None:
    guard = Guard(run, None)
    alarm = Alarm(run, guard, True)
    losses = CALM + WILD
    for step, loss in enumerate(losses, start=1):
        state = SimpleNamespace(global_step=step, max_steps=len(losses))
        alarm.on_log(None, state, None, {"loss": loss, "grad_norm": 1.0})  # type: ignore[arg-type]
        if step == 31:
            for _ in range(9):
                alarm.on_log(None, state, None, {"eval_loss": 3.0})  # type: ignore[arg-type]
            assert alerts(run) == []
    last = SimpleNamespace(global_step=len(losses), max_steps=len(losses))
    guard.reason = None
    Alarm(run, guard, True).on_log(None, last, None, {"loss": 9.0})  # type: ignore[arg-type]
    assert guard.reason is None


def test_a_plan_may_go_on(run: Run) -> None:
    assert watched(run, CALM + WILD, False).reason is None
    assert [e["holds"] for e in alerts(run)] == [False]


def test_one_checkpoint_is_pinned_at_the_most(run: Run) -> None:
    assert pin(run.checkpoints, 5) is None
    assert pin(run.checkpoints, 20) == "checkpoint-10"
    assert pin(run.checkpoints, 100) == "checkpoint-10"


def test_the_clock_tells_where_the_time_went(run: Run) -> None:
    hours = Hours(run)
    state = SimpleNamespace(global_step=1)
    for _ in range(14):
        hours.on_step_begin(None, state, None)  # type: ignore[arg-type]
        hours.on_step_end(None, state, None)  # type: ignore[arg-type]
    hours.on_evaluate(None, state, None, {"eval_runtime": 1.5})  # type: ignore[arg-type]
    hours.tell(0.25)
    told = next(e for e in run.events() if e["kind"] == "spent")
    assert (told["looks"], told["saves"]) == (1.5, 0.25)
    assert told["steps"] >= 0
    assert told["rows"] >= 0
    assert told["slowed"] is not None


def test_a_run_without_a_step_tells_no_time(run: Run) -> None:
    Hours(run).tell(0.0)
    assert not [e for e in run.events() if e["kind"] == "spent"]
