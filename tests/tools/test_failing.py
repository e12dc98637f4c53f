"""What went wrong beside the curve, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.recorded import run_of, spiked
from tools.arguments import Explain
from tools.desk import Desk
from tools.explaining import explain_run
from tools.failing import crash_told, failure_words
from trainer.diagnosis.failures.crash import crash_in
from trainer.records import write_atomic
from trainer.runs import Run

TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\n{line}\n'


def crashed(run: Run, line: str) -> None:
    """As the supervisor notes it."""
    found = crash_in(TRACE.format(line=line))
    assert found is not None
    run.event("worker_ended", code=1, reason="crashed", crash=vars(found))


def test_a_known_crash_is_told_with_its_fix(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    crashed(run, "RuntimeError: size mismatch for lora_A: copying a param")
    run.set_status("died", reason="crashed")
    told = explain_run(Explain(run_id=run.id), Desk(home=home, roots=[home])).quotes
    assert "belong to another model, rank or vocabulary" in told
    assert "a.py, line 3, in f" in told


def test_an_unknown_crash_is_said_to_be_unknown(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    crashed(run, "OddError: the moon is wrong")
    run.set_status("died", reason="crashed")
    assert "not one I know" in crash_told(run)[0]


def test_slowness_is_answered_by_the_clock(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    assert "was not measured" in failure_words(run, "why is it so slow?")[0]
    facts = {"steps": 50.0, "looks": 45.0, "saves": 3.0, "rows": 2.0, "slowed": 1.0, "swapped_gb": 0.0, "throttled": ""}
    run.event("spent", **facts)
    told = failure_words(run, "why is it so slow?")[0]
    assert "steps 50 %, looks at the watched rows 45 %" in told
    assert "raise eval_steps" in told
    assert failure_words(run, "why did loss spike?") == []


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"repetitive": {"base": 0.0, "tuned": 0.4}, "unended": {}, "same": 0.0}, "40 % of its answers repeat"),
        ({"repetitive": {"base": 0.0, "tuned": 0.0}, "unended": {"base": 0.0, "tuned": 0.5}, "same": 0.0}, "(EOS)"),
        ({"repetitive": {"base": 0.0, "tuned": 0.0}, "unended": {}, "same": 1.0}, "word for word the untuned model's"),
    ],
)  # fmt: skip
def test_answers_that_went_wrong_are_told_unasked(home: Path, tmp_path: Path, behaviour: object, words: str) -> None:
    run = spiked(tmp_path)
    write_atomic(run.folder / "result.json", {"behaviour": behaviour})
    assert words in " ".join(failure_words(run, ""))


def test_good_answers_are_told_when_asked(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    fine = {"repetitive": {"base": 0.0, "tuned": 0.0}, "unended": {"base": 0.0, "tuned": 0.0}, "same": 0.0}
    write_atomic(run.folder / "result.json", {"behaviour": fine})
    assert failure_words(run, "") == []
    assert "do not repeat themselves" in failure_words(run, "does it repeat itself?")[0]
