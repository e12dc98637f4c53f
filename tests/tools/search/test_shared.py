"""Several worker processes on one study: two are killed, and nothing is lost, doubled or left running."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from optuna.trial import TrialState, create_trial

from agent import commands
from tests.tools.search import quick
from tests.trainer.data.sources.postgres import PASSWORD, server
from tools.arguments import OfRun
from tools.orders import Order, SearchSettings
from tools.running import resume_run, run_status, stop_run
from tools.search import worker
from tools.search.storage import VARIABLE
from tools.search.study import Study, StudyStore
from tools.search.trials import Task, Trials
from trainer.errors import UserFacingError
from trainer.proposal import propose
from trainer.records import read_json, write_atomic
from trainer.runs import ACTIVE
from trainer.wishes import Wishes

ROOT = Path(__file__).parents[3]
SPACE = {"learning_rate": {"low": 1e-5, "high": 1e-1, "log": True}, "warmup_ratio": {"low": 0.0, "high": 0.1}}
LIMIT = 90.0


def study_of(home: Path, file: Path, n: int = 14, **settings: Any) -> Study:
    proposal = propose(file, Wishes(goal="answer", dataset_path=str(file)))
    search = SearchSettings.model_validate({"n_trials": n, "space": SPACE, "shares": (0.125, 1.0)} | settings)
    study, _ = StudyStore(home).create(Order(kind="search", proposal=proposal, search=search), "yes")
    study.begin()
    return study


@contextmanager
def workers(study: Study, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "tests.tools.search.quick", str(study.folder)]
    with (study.folder / "driver.log").open("ab") as log:
        running = [subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) for _ in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def until(wanted: Callable[[], Any]) -> Any:
    started = time.monotonic()
    while not (found := wanted()):
        assert time.monotonic() - started < LIMIT, "it never came to that"
        time.sleep(0.05)
    return found


def busy(study: Study, among: list[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    """Workers with a training in their hands."""
    marks = {m.stem: read_json(m).get("pid") for m in (study.folder / "workers").glob("*.json")}
    running = [t for t in Trials(study).optuna.trials if t.state.name == "RUNNING"]
    holding = {marks.get(t.user_attrs["worker"]) for t in running if "run" in t.user_attrs}
    return [process for process in among if process.pid in holding]


def two_of_four_killed(study: Study) -> None:
    with workers(study, 4) as running:
        until(lambda: len(study.state().get("trials", [])) >= 5)
        for process in until(lambda: (now := busy(study, running))[1:2] and now[:2]):
            process.kill()
        until(lambda: study.state()["status"] != "running")
    state, runs = study.state(), study.trials()
    log = (study.folder / "driver.log").read_text()
    assert state["status"] == "finished", (state, log[-3000:])
    assert [t["number"] for t in state["trials"]] == list(range(14)), "the budget is kept, none is doubled"
    assert {t["state"] for t in state["trials"]} <= {"complete", "pruned"}
    assert len({t["run"] for t in state["trials"]}) == len(runs) == 14, "what a killed worker held was taken over"
    assert not [run for run in runs if run.status()["status"] in ACTIVE]
    assert state["best"]["value"] < next(t["value"] for t in state["trials"] if t["number"] == 0)
    assert not [t for t in Trials(study).optuna.trials if t.state.name in ("RUNNING", "WAITING")]


def test_two_of_four_workers_are_killed(home: Path, qa_file: Path) -> None:
    two_of_four_killed(study_of(home, qa_file))


def test_two_of_four_workers_are_killed_on_sqlite(home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{home}/studies.db")
    two_of_four_killed(study_of(home, qa_file))


def test_two_of_four_workers_are_killed_on_postgres(home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as port:
        address = f"postgresql://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        monkeypatch.setenv(VARIABLE, address)
        study = study_of(home, qa_file)
        two_of_four_killed(study)
        assert not (study.folder / "optuna.log").exists()
        told = "".join(p.read_text("utf-8", "replace") for p in study.folder.rglob("*") if p.is_file())
        assert quote(PASSWORD, safe="") not in told and PASSWORD not in told


def test_a_database_that_is_away_is_told_in_a_sentence(
    home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(home, qa_file)
    monkeypatch.setenv(VARIABLE, "postgresql://u:s3cret@127.0.0.1:1/x")
    with pytest.raises(UserFacingError, match="can't be reached") as caught:
        Trials(study)
    assert "s3cret" not in caught.value.sentence()


def test_when_all_were_killed_it_goes_on_where_it_stood(home: Path, qa_file: Path) -> None:
    study = study_of(home, qa_file)
    with workers(study, 1) as running:
        until(lambda: len(study.state().get("trials", [])) >= 3)
        until(lambda: busy(study, running))
    assert study.state()["status"] == "died"
    before = {t["number"]: t["run"] for t in study.state()["trials"] if t["run"]}
    with workers(study, 2):
        until(lambda: study.state()["status"] == "finished")
    after = {t["number"]: t["run"] for t in study.state()["trials"]}
    assert len(after) == 14 and before.items() <= after.items()


def test_time_is_a_hard_stop(home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(home, qa_file, n=200, max_hours=4 / 3600)
    monkeypatch.setattr(worker.launch, "start", quick.start)
    monkeypatch.setattr(worker, "POLL", 0.05)
    began = time.monotonic()
    worker.Worker(study).run()
    assert time.monotonic() - began < 4 + 5
    state = study.state()
    assert 1 <= len(state["trials"]) < 40 and state["best"] is not None
    assert not [run for run in study.trials() if run.status()["status"] in ACTIVE]


def test_a_search_can_be_ended_looked_at_and_resumed(home: Path, qa_file: Path) -> None:
    study = study_of(home, qa_file)
    desk = commands.desk()
    with workers(study, 1) as running:
        until(lambda: sum(t["state"] == "complete" for t in study.state().get("trials", [])) >= 2)
        assert "trials done. Best so far:" in run_status(OfRun(run_id=study.id), desk).say
        mine = replace(desk, study_id=study.id)
        assert "trials done" in run_status(OfRun(), mine).say, "a conversation speaks of its own search"
        with pytest.raises(UserFacingError, match="there is no run"):
            run_status(OfRun(), desk)
    assert study.state()["status"] == "died" and f"tunesmith resume {study.id}" in commands.search_state(study)
    assert all(process.poll() is not None for process in running)
    with workers(study, 2):
        until(lambda: study.state()["status"] == "running")
        assert "is ending" in stop_run(OfRun(run_id=study.id), desk).say
        until(lambda: study.state()["status"] == "finished")
    state = study.state()
    assert len(state["trials"]) < 14 and state["best"] is not None
    assert not [run for run in study.trials() if run.status()["status"] in ACTIVE]
    assert "Best validation loss" in stop_run(OfRun(run_id=study.id), desk).say
    with pytest.raises(UserFacingError, match="is finished"):
        resume_run(OfRun(run_id=study.id), desk)


def test_a_worker_of_the_same_number_after_a_restart_takes_over(home: Path, qa_file: Path) -> None:
    study = study_of(home, qa_file)
    gone = Trials(study)
    gone.sign()
    task = gone.claim()
    assert isinstance(task, Task) and task.number == 0
    for mark in (study.folder / "workers").glob("*.json"):
        write_atomic(mark, read_json(mark) | {"born": -1.0, "create_time": 0.0})
    found = Trials(study).claim()
    assert isinstance(found, Task) and found.number == 0, "it is taken up, not waited for"
    gone.told(task, TrialState.COMPLETE, 0.5)
    assert gone.optuna.trials[0].state == TrialState.RUNNING, "who lost it can't tell of it any more"


def test_a_search_stays_in_its_storage(home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(home, qa_file)
    Trials(study)
    monkeypatch.setenv(VARIABLE, f"sqlite:///{home}/other.db")
    with pytest.raises(UserFacingError, match="was begun in its folder"):
        Trials(study)


def test_a_search_of_an_older_version_can_be_read(home: Path, qa_file: Path) -> None:
    study = study_of(home, qa_file)
    trials = Trials(study)
    for state, value in ((TrialState.COMPLETE, 1.0), (TrialState.RUNNING, None)):
        trials.optuna.add_trial(create_trial(state=state, value=value, user_attrs={"run": "run-1"}))
    trials.publish()
    assert [t["purpose"] for t in study.state()["trials"]] == ["plan", "sample"]
    assert isinstance(trials.claim(), Task)
