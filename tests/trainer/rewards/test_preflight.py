"""Before a run: the rewards score the rows' own answers, and nothing runs that nobody approved."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from trainer.plan.methods import Reward
from trainer.rewards import preflight

NUMBER = Reward(kind="number")


def rows(*references: str, **columns: Any) -> list[tuple[str, str, dict[str, Any]]]:
    return [("q", r, {"row": n + 1, **columns}) for n, r in enumerate(references)]


def test_references_that_score_are_no_finding() -> None:
    assert preflight((NUMBER, Reward(kind="exact_match")), rows(*["#### 4"] * 60)) == []


def test_a_reward_that_gives_its_references_nothing_is_told() -> None:
    (found,) = preflight((Reward(kind="regex", pattern="<answer>"),), rows(*["4"] * 10))
    assert (found.rule, found.severity, found.count) == ("reward_refuses_reference", "warn", 10)
    assert "regex gives nothing to 10 of 10" in found.advice
    assert found.rows == tuple(range(1, 11))


def test_a_few_odd_rows_are_no_finding() -> None:
    assert preflight((Reward(kind="json_valid"),), rows(*["{}"] * 19, "no")) == []


def test_a_reward_with_nothing_to_compare_stops_the_plan() -> None:
    (found,) = preflight((NUMBER,), rows(*["no number"] * 10))
    assert (found.rule, found.severity) == ("reward_unjudged", "blocker")
    assert "no number to compare with" in found.advice
    (found,) = preflight((Reward(kind="exact_match"),), rows(*["", "yes"] * 5))
    assert (found.rule, found.severity, found.count) == ("reward_unjudged", "warn", 5)


def test_a_faulty_reward_stops_the_plan_also_without_rows() -> None:
    (found,) = preflight((NUMBER, Reward(kind="regex", pattern="(")), [])
    assert (found.rule, found.severity) == ("reward_faulty", "blocker")
    assert "reward regex can't be used" in found.advice


def test_at_most_fifty_rows_are_tried_spread_over_all() -> None:
    (found,) = preflight((Reward(kind="json_valid"),), rows(*["no"] * 1000))
    assert found.count == 50
    assert found.rows[:3] == (1, 21, 41)


def custom(folder: Path, mark: Path) -> Reward:
    file = folder / "mine.py"
    text = f"open({str(mark)!r}, 'w')\ndef reward(completion, **columns):\n    return 0\n"
    file.write_text(text)
    return Reward(kind="custom", file=str(file), fingerprint=hashlib.sha256(text.encode()).hexdigest())


def test_a_persons_file_runs_only_after_the_approval(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    reward = custom(tmp_path, mark)
    assert preflight((reward,), rows(*["a"] * 10)) == []
    assert not mark.exists()
    (found,) = preflight((reward,), rows(*["a"] * 10), tmp_path, approved=True)
    assert mark.exists()
    assert (found.rule, found.count) == ("reward_refuses_reference", 8)


def test_a_judge_is_asked_only_after_the_approval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_JUDGE", json.dumps(["/nowhere/judge"]))
    reward = Reward(kind="judge", judge_model="ollama/x", rubric="polite")
    assert preflight((reward,), rows("a", "b")) == []
    (found,) = preflight((reward,), rows("a", "b"), tmp_path, approved=True)
    assert (found.rule, found.severity) == ("reward_faulty", "blocker")


def test_tests_are_read_before_and_run_after_the_approval() -> None:
    reward = (Reward(kind="unit_tests"),)
    good = rows(*["def f():\n    return 1"] * 4, tests="assert f() == 1")
    assert preflight(reward, good) == []
    assert preflight(reward, good, approved=True) == []
    (found,) = preflight(reward, rows("def f(): ...", tests="f()"))
    assert (found.rule, found.severity) == ("reward_unjudged", "blocker")
    assert "no assert" in found.advice
    (found,) = preflight(reward, rows(*["def f():\n    return 2"] * 4, tests="assert f() == 1"), approved=True)
    assert (found.rule, found.count) == ("reward_refuses_reference", 4)


def test_references_that_are_the_tests_are_not_run_as_code() -> None:
    assert preflight((Reward(kind="unit_tests"),), rows(*["assert f() == 1"] * 4), approved=True) == []
