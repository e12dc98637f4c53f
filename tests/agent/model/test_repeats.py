"""The same call again and again: told, asked, stopped."""

from __future__ import annotations

from pathlib import Path

from agent.model.repeats import Repeat, after, call_key, normalised, step
from agent.session import Session
from agent.testing import ScriptedLLM, call


def test_results_are_compared_without_what_changes_by_itself() -> None:
    assert normalised("run-3 at step 410 of 900, 12:03:11") == normalised("run-4 at step 5 of 900, 09:00:00")
    assert normalised("loss rose") != normalised("loss fell")


def test_the_same_call_is_known_in_any_form() -> None:
    assert call_key("a", {"x": 1, "y": 2.0, "goal": "g"}) == call_key("a", {"y": 2, "x": 1.0})
    assert call_key("a", {"x": 1}) != call_key("a", {"x": 2})


def test_escalation() -> None:
    last = after(Repeat(), "a {}", "result 1", "first words")
    seen = []
    for words in ("other words", "more words", "still more", "and more"):
        seen.append(step(last, "a {}", words))
        last = after(last, "a {}", "result 2", words)
    assert seen == ["nudge", "ask", "stop", "stop"]
    assert step(last, "b {}", "x") == "go on"


def test_a_person_may_ask_the_same_twice() -> None:
    last = after(Repeat(), "a {}", "r", "How far?")
    assert step(last, "a {}", "how far") == "go on"


def test_a_stuck_model_is_nudged_then_asked_about_then_left(home: Path, qa_file: Path) -> None:
    brain = ScriptedLLM(*(call("inspect_data") for _ in range(20)))
    session = Session("stuck", brain, roots=[home])
    session.give_file(qa_file)
    session.ask("look at my file")
    said = []
    for words in ("train a model on it, 2 epochs", "no, I want a model trained", "train it on the questions, 3 epochs"):
        events = session.ask(words)
        said.append(" ".join(e["text"] for e in events if e["type"] == "message" and e["role"] == "assistant"))
    assert "built-in brain" in said[0]  # it was nudged, kept on, and was overruled where the words are plain
    assert session.pending
