"""The commands replay, curve, report and explain's further ways: shown without a yes, sentences for mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.trainer.recorded import BAD, spiked
from ui.cli.main import app

TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\n{line}\n'


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_replay_is_shown_and_not_trained_without_a_yes(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    shown = json.loads(ran("replay", run.id, "--json").stdout)
    assert shown["replayed"] is False
    assert shown["replay"]["rows"] == [BAD]
    told = ran("replay", run.id, "--set", "learning_rate=1e-5", "--pairs", "4")
    assert told.exit_code == 0
    assert "Nothing was trained" in told.stdout
    assert not (run.folder / "replays.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rows", "seventeen"), "names no rows"),
        (("--set", "learning_rate"), "no assignment"),
        (("--set", "lora_r=4"), "can't be changed within a run"),
        (("--rows", "199"), "was not trained on row 199"),
        (("--within", "0.1"), "more than the 0.1"),
    ],
)
def test_mistakes_of_a_replay_get_a_sentence(home: Path, tmp_path: Path, words: tuple[str, str], said: str) -> None:
    done = ran("replay", spiked(tmp_path).id, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_learning_curve_is_shown_and_not_trained_without_a_yes(home: Path, tmp_path: Path) -> None:
    shown = json.loads(ran("curve", spiked(tmp_path).id, "--json").stdout)
    assert shown["trained"] is False
    assert shown["extent"]["shares"] == [0.25, 0.5]


def test_the_report_is_one_file_that_needs_no_network(home: Path, tmp_path: Path) -> None:
    run, target = spiked(tmp_path), tmp_path / "report.html"
    done = ran("report", run.id, "-o", str(target), "--json")
    assert done.exit_code == 0
    assert len(json.loads(done.stdout)["story"]) == 5
    page = target.read_text("utf-8")
    assert "bad batch" in page
    assert "Row 77" in page
    assert "<script src=" not in page
    assert "<link" not in page


def test_rows_in_the_report_are_text_and_never_markup(home: Path, tmp_path: Path) -> None:
    run, target = spiked(tmp_path), tmp_path / "report.html"
    rows = run.folder / "data" / "train.jsonl"
    rows.write_text(rows.read_text("utf-8").replace("question 77", "<img src=x onerror=alert(1)>"), "utf-8")
    ran("report", run.id, "-o", str(target))
    assert "<img src=x" not in target.read_text("utf-8")
    assert "&lt;img src=x" in target.read_text("utf-8")


def test_a_report_without_a_change_writes_no_next_plan(home: Path, tmp_path: Path) -> None:
    done = ran("report", spiked(tmp_path).id, "--next", str(tmp_path / "next.yaml"))
    assert done.exit_code == 2
    assert "asks for no change" in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("RuntimeError: size mismatch for lora_A", "belong to another model"),
        ("OddError: the moon is wrong", "not one I know"),
    ],
)
def test_a_pasted_stack_trace_is_explained(home: Path, tmp_path: Path, line: str, said: str) -> None:
    log = tmp_path / "log.txt"
    log.write_text(TRACE.format(line=line))
    done = ran("explain", str(log))
    assert done.exit_code == 0
    assert said in done.stdout


def test_a_log_that_is_neither_still_gets_its_sentence(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("nothing of interest\n")
    done = ran("explain", str(log))
    assert done.exit_code == 2
    assert "Traceback" not in done.output
