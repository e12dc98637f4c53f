"""Language and register follow the person, and change when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.builtin.manner import Manner, asked_register, heard
from agent.session import Session


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("mach weiter mit dem Training", "de"),
        ("quiero entrenar un modelo", "es"),
        ("帮我训练一个模型", "zh"),
        ("मेरे डेटा पर सिखाओ", "hi"),
        ("আমার ডেটা দিয়ে শেখাও", "bn"),
        ("bhai mera model train karo na", "en"),
        ("train it on my file please", "en"),
    ],
)
def test_the_language_is_the_persons(message: str, language: str) -> None:
    assert heard(Manner(), message).language == language


def test_a_borrowed_ok_changes_nothing() -> None:
    german = heard(Manner(), "ich möchte ein Modell trainieren")
    assert heard(german, "ok").language == "de"


def test_terms_of_the_field_make_an_expert_and_plain_words_do_not() -> None:
    manner = heard(Manner(), "qlora r=16, lr 2e-4, bf16, grad accum 4")
    assert manner.register_ == "expert"
    assert heard(Manner(), "i want it to write like my grandma did").register_ == "plain"


def test_what_is_asked_for_stays() -> None:
    manner = heard(Manner(), "explain it simply please")
    assert (manner.register_, manner.chosen) == ("plain", True)
    assert heard(manner, "lr 2e-4 with bf16 and warmup 0.03").register_ == "plain"
    assert asked_register("keep it technical") == "expert"
    assert asked_register("in einfachen Worten bitte") == "plain"
    assert (
        asked_register("train a model that explains law in simple words to our clients and their families now") is None
    )


def said(session: Session, text: str) -> str:
    events = session.ask(text)
    return "\n".join(e["text"] for e in events if e["type"] == "message" and e["role"] == "assistant")


def test_the_last_answer_is_said_again_in_the_other_register(home: Path) -> None:
    session = Session("registers", roots=[home])
    plain = said(session, "is rank 16 enough?")
    expert = said(session, "keep it technical")
    assert "how much room" in plain
    assert "r = 16" in expert
    assert "how much room" in said(session, "explain it simply please")


def test_a_german_conversation_is_answered_in_german(home: Path, qa_file: Path) -> None:
    session = Session("deutsch", roots=[home])
    session.give_file(qa_file)
    assert "Noch läuft nichts" in said(session, "trainiere ein Modell, das diese Fragen beantwortet")
    assert "Geändert" in said(session, "passt, aber nur 2 Epochen")
    assert "Nichts wurde gestartet" in said(session, "nein, doch nicht")


@pytest.mark.parametrize(
    "message",
    [
        "keep it short, 2 epochs",
        "why is the loss rising? explain it simply",
        "train a model to answer in simple words from faq.csv",
    ],
)
def test_a_message_that_says_more_is_heard(message: str) -> None:
    assert asked_register(message) is None
