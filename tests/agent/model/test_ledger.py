"""Ceilings on calls, tokens and money that a restart does not forget."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.model.ledger import Ceilings, Ledger
from agent.model.reply import Reply
from agent.model.troubles import DoorError
from agent.session import Session
from agent.testing import ScriptedLLM, call

ASK = [{"role": "user", "content": "x" * 300}]


def test_a_turn_and_a_conversation_have_ceilings(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.jsonl", Ceilings(calls_a_turn=2, calls=3))
    ledger.begin_turn()
    for _ in range(2):
        ledger.settle(ledger.ask(ASK), Reply(tokens=10, usd=0.01))
    with pytest.raises(DoorError, match="2 calls in one turn"):
        ledger.ask(ASK)
    again = Ledger(tmp_path / "a.jsonl", Ceilings(calls_a_turn=2, calls=3))  # as after a restart
    again.begin_turn()
    again.settle(again.ask(ASK), Reply(tokens=10, usd=0.01))
    with pytest.raises(DoorError, match="3 calls in one conversation"):
        again.ask(ASK)
    assert again.spent().usd == pytest.approx(0.03)


def test_a_call_whose_process_was_killed_is_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.jsonl")
    ledger.begin_turn()
    ledger.ask(ASK)
    with ledger.path.open("a") as file:
        file.write('{"kind": "settl')
    spent = Ledger(tmp_path / "a.jsonl").spent()
    assert (spent.calls, spent.unpriced) == (1, 1)
    assert spent.tokens == 100


def test_money_is_a_ceiling_and_the_environment_sets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_LLM_MAX_USD", "0.5")
    monkeypatch.setenv("TUNESMITH_LLM_MAX_TOKENS", "lots")
    ledger = Ledger(tmp_path / "a.jsonl")
    assert ledger.ceilings.usd == 0.5
    assert ledger.ceilings.tokens == Ceilings().tokens
    ledger.begin_turn()
    ledger.settle(ledger.ask(ASK), Reply(tokens=10, usd=0.6))
    ledger.begin_turn()
    with pytest.raises(DoorError, match=r"\$0.50 in one conversation"):
        ledger.ask(ASK)


def test_at_the_ceiling_the_builtin_brain_answers_and_says_so(home: Path, qa_file: Path) -> None:
    brain = ScriptedLLM(*(call("propose_plan") for _ in range(9)))
    session = Session("dear", brain, roots=[home])
    session.give_file(qa_file)
    ledger = Ledger(home / "thread-dear-model.jsonl", Ceilings())
    ledger.begin_turn()
    ledger.settle(ledger.ask(ASK), Reply(tokens=10, usd=50.0))
    events = session.ask("train a model to answer these questions")
    assert not brain.asked
    assert any("limit of $2.00 in one conversation" in e["text"] for e in events if e.get("notice"))
    assert session.pending


def test_a_provider_that_reports_no_usage_is_counted_by_length(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.jsonl", Ceilings(tokens=150))
    ledger.begin_turn()
    ledger.settle(ledger.ask(ASK), Reply(tokens=0))
    ledger.settle(ledger.ask(ASK), Reply(tokens=0))
    with pytest.raises(DoorError, match="150 tokens in one conversation"):
        ledger.ask(ASK)
