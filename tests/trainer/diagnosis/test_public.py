"""The labelled public histories, where they are at hand."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from trainer.diagnosis import History, diagnose

PUBLIC = Path(__file__).resolve().parents[4] / "shared" / "evals" / "curves_public.jsonl"

pytestmark = pytest.mark.skipif(
    not PUBLIC.exists(), reason="../shared/evals/curves_public.jsonl is not beside this checkout"
)


@pytest.fixture(scope="module")
def runs() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each run with its findings by label."""
    lines = PUBLIC.read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines if line.strip()]
    return [(c, {f.label: f for f in diagnose(History.from_log(c["history"], c["plan"], c["run"]))}) for c in cases]


def test_f1(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    hit = missed = extra = 0
    for case, found in runs:
        want, got = set(case["labels"]) - {"healthy"}, set(found) - {"healthy"}
        hit, missed = hit + len(want & got), missed + len(want - got)
        extra += len(got - want - set(case["also_ok"]))
    assert 2 * hit / (2 * hit + missed + extra) >= 0.97


def test_false_alarms(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    calm = [(c, set(f) - set(c["also_ok"])) for c, f in runs if c["labels"] == ["healthy"]]
    assert sum(found != {"healthy"} for _, found in calm) <= 1


def test_onsets(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    asked = [(c, f.get(c["labels"][0])) for c, f in runs if c["onset_step"] is not None]
    near = 0
    for case, finding in asked:
        plan = case["plan"]
        reach = max(3 * plan["logging_steps"], 0.03 * plan["max_steps"])
        onset = finding.onset_step if finding else None
        near += onset is not None and abs(onset - case["onset_step"]) <= reach
    assert near >= 0.95 * len(asked)


def test_severity_and_fix_code(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    firsts = [(c, f[c["labels"][0]]) for c, f in runs if c["labels"][0] in f]
    right = [f.fix_code == c["primary_fix"] for c, f in firsts]
    assert sum(right) >= 0.95 * len(right)


def test_speed(runs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    cases = [case for case, _ in runs]
    began = time.process_time()  # of this process alone: other work on the machine is none of its business
    for case in cases:
        diagnose(History.from_log(case["history"], case["plan"], case["run"]))
    assert len(cases) / (time.process_time() - began) >= 10  # 50 on an idle core
