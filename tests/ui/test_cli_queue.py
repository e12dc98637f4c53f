"""Queued runs on the command line: places told, moved, taken out, in text and as JSON."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from trainer import waiting
from trainer.devices import claim
from trainer.plan import Compute
from trainer.records import read_json
from trainer.runs import RunStore
from ui.cli.main import app

CPU = Compute(device="cpu", precision="fp32", threads=1)


@pytest.fixture
def busy(home: Path) -> Iterator[Path]:
    """A home whose device another party holds; what was queued there is ended with the test."""
    with waiting.party(home, claim("study-1", "study-1", CPU), lambda _: None):
        yield home
        for left in RunStore(home).all():
            if pid := read_json(left.folder / "process.json").get("pid"):
                left.ask_stop()
                for _ in range(100):
                    if not left.alive():
                        break
                    time.sleep(0.1)
                else:
                    os.kill(pid, signal.SIGKILL)


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args])


def document(done: Result) -> dict[str, Any]:
    return dict(json.loads(done.stdout))


def stands(home: Path, name: str) -> dict[str, Any]:
    """Its state, once it stands in the line itself."""
    made = RunStore(home).get(name)
    for _ in range(200):
        if read_json(made.folder / "status.json").get("status") == "queued":
            return made.status()
        time.sleep(0.1)
    raise AssertionError(f"{made.status()} {(made.folder / 'worker.log').read_text()[-800:]}")


def test_queued_runs_are_told_moved_and_taken_out(busy: Path, qa_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.yaml"
    run("plan", "answer these questions", "--data", qa_file, "--set", "max_steps=8", "-o", out)
    first = document(run("train", out, "--yes", "--json"))
    assert (first["status"], first["place"], first["waits_for"]) == ("queued", 1, "study-1")
    said = run("train", out, "--yes").stdout
    assert "run-2 starts after run-1" in said
    assert [stands(busy, name)["place"] for name in ("run-1", "run-2")] == [1, 2]
    listed = {r["run_id"]: r for r in document(run("runs", "--json"))["runs"]}
    assert (listed["run-2"]["status"], listed["run-2"]["place"], listed["run-2"]["of"]) == ("queued", 2, 2)
    assert "run-2  queued  place 2 of 2, after run-1" in run("runs").stdout
    assert "run-2 waits for run-1: place 2 of 2" in run("show", "run-2").stdout
    moved = run("runs", "--first", "run-2", "--json")
    assert {r["run_id"]: r["place"] for r in document(moved)["runs"]} == {"run-2": 1, "run-1": 2}
    assert run("runs", "--first", "run-9").exit_code == 2
    stopped = run("stop", "run-2")
    assert "out of the line" in stopped.stdout
    for _ in range(100):
        shown = document(run("show", "run-2", "--json"))
        if shown["status"] == "stopped":
            break
        time.sleep(0.1)
    assert shown["status"] == "stopped"
    assert "taken out of the line" in run("show", "run-2").stdout
    assert document(run("show", "run-1", "--json"))["place"] == 1
    assert "place 2 of 2" in run("resume", "run-2").stdout
    assert stands(busy, "run-2")["waits_for"] == "run-1"
