"""What people see: escaped, complete, honest about estimates."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from trainer.estimates import Range
from trainer.proposal import Proposal, propose
from trainer.wishes import Wishes
from ui import html, views
from ui.fold import chat_messages, stage
from ui.glossary import MEANING


@pytest.fixture
def proposal(home: Path, qa_file: Path) -> Proposal:
    return propose(qa_file, Wishes(goal="<script>alert(1)</script> answer like us", tuning="lora"))


def test_every_field_has_a_plain_meaning(proposal: Proposal) -> None:
    assert {r["field"] for r in views.plan_rows(proposal)} <= MEANING.keys()
    assert all(r["value"] for r in views.plan_rows(proposal))


def test_nothing_of_a_person_becomes_markup(proposal: Proposal) -> None:
    card = html.plan_card(proposal, proposal.hash, expert=True)
    assert "<script" not in card
    assert "&lt;script&gt;" in card
    assert "\u202e" not in html.esc("a\u202eb")


def test_unknown_looks_unknown() -> None:
    nothing = Range(low=None, high=None, unit="USD", basis="unknown", why="x")
    here = Range(low=0, high=0, unit="USD", basis="formula", why="x")
    assert views.range_text(nothing) == "unknown"
    assert views.range_text(here) == "$0 (this machine)"


def test_a_curve_leaves_out_what_is_no_number() -> None:
    history = [
        {"step": 1, "loss": 2.0},
        {"step": 2, "loss": "NaN"},
        {"step": 3, "loss": math.inf},
        {"step": 4, "loss": 1.0},
    ]
    assert views.curve(history, "loss") == ([1, 4], [2.0, 1.0])


def test_the_stepper_follows_the_conversation() -> None:
    assert stage([], False, None) == "data"
    assert stage([{"type": "data_report"}], False, None) == "plan"
    assert stage([], True, None) == "approve"
    assert stage([], False, {"status": "running"}) == "train"
    assert stage([], False, {"status": "finished"}) == "use"


def test_a_phrased_answer_takes_the_rules_place() -> None:
    events = [
        {"type": "message", "role": "user", "text": "<b>why</b>"},
        {"type": "message", "role": "assistant", "text": "rule"},
        {"type": "message", "role": "assistant", "text": "phrased", "phrased": True},
    ]
    assert [m["content"] for m in chat_messages(events)] == ["<b>why</b>", "phrased"]


def test_differences_are_marked() -> None:
    assert html.marked("hello dear friend", "hello friend") == "hello <mark>dear</mark> friend"


def test_the_line_before_a_device_is_told_in_the_order_of_turns() -> None:
    def waits(run: str, place: int, ahead: str) -> dict[str, object]:
        return {"run_id": run, "status": "queued", "place": place, "of": 2, "waits_for": ahead, "wait_seconds": None}

    runs = [waits("run-9", 2, "run-8"), waits("run-8", 1, "run-7"), {"run_id": "run-7", "status": "running"}]
    assert views.line(runs) == [
        ("run-7", "running"),
        ("run-8", "place 1, after run-7"),
        ("run-9", "place 2, after run-8"),
    ]
    assert views.state_text(runs[0]) == "queued, place 2 of 2, after run-8"
    assert views.queue_text(runs[1] | {"wait_seconds": 700.0}) == "It waits for run-7: place 1 of 2, about 12 minutes"
    panel = html.run_panel("run-9", runs[0], {}, runs)
    assert "<tr class=best><th scope='row'>run-9" in panel
