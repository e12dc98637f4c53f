"""General rows: some mixed in by the seed, some kept out for ever, all told apart from the person's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trainer import retention
from trainer.data.convert import Example
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.plan import Plan
from trainer.proposal import propose
from trainer.wishes import Wishes


@pytest.fixture
def general(tmp_path: Path) -> Path:
    """300 general questions, one of them twice and one without an answer."""
    path = tmp_path / "general.jsonl"
    rows = [{"question": f"what is {i} and {i}?", "answer": f"It is {2 * i}."} for i in range(298)]
    rows += [rows[0], {"question": "and now?", "answer": ""}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def plan(home: Path, qa_file: Path, general: Path) -> Plan:
    return propose(qa_file, Wishes(goal="answer like us", retention_path=str(general), retention_share=0.2)).plan


def own(rows: int) -> list[Example]:
    return [Example(i, (("user", f"q{i}"), ("assistant", f"a{i}"))) for i in range(1, rows + 1)]


def test_as_many_are_mixed_in_as_the_share_asks_for(plan: Plan) -> None:
    rows = retention.mixed(own(80), plan)
    theirs = [e for e in rows if e.row < 0]
    assert len(theirs) == 20 and [e for e in rows if e.row > 0] == own(80)
    assert rows == retention.mixed(own(80), plan)
    assert rows != retention.mixed(own(80), replace(plan, {"seed": 7}))
    assert max(i for i, e in enumerate(rows) if e.row < 0) > 70 and any(e.row < 0 for e in rows[:10])


def test_held_rows_are_never_trained_on(plan: Plan) -> None:
    held = retention.held(plan)
    assert len(held) == 50 == len({e.row for e in held})
    assert held == retention.held(replace(plan, {"seed": 7}))
    for seed in (1, 2, 3):
        rows = retention.mixed(own(2000), replace(plan, {"seed": seed}))
        assert not {e.row for e in held} & {e.row for e in rows}
    assert all(e.messages and not e.fault for e in held)


def test_each_general_row_counts_once(plan: Plan) -> None:
    rows = retention.mixed(own(5000), plan)
    theirs = [e.row for e in rows if e.row < 0]
    assert len(theirs) == len(set(theirs)) == 298 - 50


def test_without_general_rows_nothing_changes(home: Path, qa_file: Path) -> None:
    plain = propose(qa_file, Wishes()).plan
    assert retention.mixed(own(5), plain) == own(5) and retention.held(plain) == []


def test_changed_general_rows_void_the_plan(plan: Plan, general: Path) -> None:
    general.write_text(general.read_text() + '{"question": "x", "answer": "y"}\n')
    with pytest.raises(UserFacingError, match="changed since"):
        retention.held(plan)


def test_a_share_without_rows_is_asked_for(home: Path, qa_file: Path) -> None:
    with pytest.raises(UserFacingError, match="a file that holds them"):
        propose(qa_file, Wishes(retention_share=0.2))
    with pytest.raises(UserFacingError, match="retention_path is not there"):
        propose(qa_file, Wishes(retention_path="nowhere.jsonl"))
