"""`tunesmith blind` and `tunesmith judge`: what comes out as JSON, and that nobody is asked without a yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.agent.model.server import Say, scripted_server
from tests.trainer.evaluation.compared import answered
from tests.trainer.evaluation.test_blind import own, voted
from trainer.evaluation import blind
from ui.cli.main import app


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_what_came_out_is_told_and_written(home: Path, qa_file: Path, tmp_path: Path) -> None:
    run = answered(qa_file)
    done = ran("blind", run.id)
    assert done.exit_code == 0 and "Nobody has judged a pair yet." in done.stdout
    voted(run, "ann", own)
    done = ran("blind", run.id, "--json", "--preferences", str(tmp_path / "p.jsonl"))
    found = json.loads(done.stdout)
    assert found["wins"] == 10 and len(found["side_by_side"]) == 10 and "sealed rows" in done.stderr
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 10


def test_judging_needs_a_terminal_or_the_page(home: Path, qa_file: Path) -> None:
    done = ran("blind", answered(qa_file).id, "--rater", "ann")
    assert done.exit_code == 2 and "judging needs a terminal" in done.stderr and "Traceback" not in done.stderr


def test_a_judge_is_asked_only_after_a_yes(home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = answered(qa_file)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    with scripted_server() as script:
        monkeypatch.setenv("TUNESMITH_JUDGE_API_BASE", script.url)
        script.answers = [Say(content='{"better": "tie"}')] * 40
        done = ran("judge", run.id, "--model", "openai/scripted", "--json")
        offer = json.loads(done.stdout)
        assert done.exit_code == 0 and offer["judged"] is False and offer["judging"]["calls"] == 20
        assert not script.asked
        done = ran("judge", run.id, "--model", "openai/scripted", "--json", "--yes")
        found = json.loads(done.stdout)
        assert found["judged"] and len(script.asked) == 20 and "10 ties" in found["text"]
    assert len(blind.votes(run)) == 10


def test_what_cannot_be_compared_is_said(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    done = ran("blind", run.id, "--against", "run-9")
    assert done.exit_code == 2 and "run-9" in done.stderr
    done = ran("judge", run.id, "--model", "tunesmith/builtin")
    assert done.exit_code == 2 and "no language model" in done.stderr
