"""A search in conversation: its terms, how it goes, and ending it, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.test_session import talk, words
from tools.search.study import Study, StudyStore


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Searches that were started; this test's own process stands for their driver."""
    names: list[str] = []

    def start(study: Study) -> None:
        study.mark()
        study.begin()
        names.append(study.id)

    monkeypatch.setattr(Study, "start", start)
    return names


def test_a_search_is_asked_about_and_ended_in_words(home: Path, qa_file: Path, started: list[str]) -> None:
    session = talk(home, qa_file)
    session.ask("train a model to answer these questions, 40 epochs")
    said = words(session.ask("search the learning rate between 1e-4 and 4e-3, 20 trials, not more than an hour"))
    assert "for 12% of the steps" in said and "stopped after 1 h" in said and "noise" not in said
    session.ask("yes, go")
    assert started == ["study-1"]
    study = StudyStore(home).get("study-1")
    assert study.alive()
    said = words(session.ask("how is it going?"))
    assert "study-1: running, 0 of 20 trials done." in said
    said = words(session.ask("stop it"))
    assert "study-1 is ending" in said and (study.folder / "stop").exists()


def test_another_conversation_ends_nobodys_search(home: Path, qa_file: Path, started: list[str]) -> None:
    mine = talk(home, qa_file, thread="mine")
    mine.ask("train a model to answer these questions")
    mine.ask("search the learning rate, 4 trials")
    mine.ask("yes, go")
    assert started == ["study-1"]
    talk(home, thread="other").ask("stop it")
    assert not (StudyStore(home).get("study-1").folder / "stop").exists()
