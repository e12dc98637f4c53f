"""Each method, adapter and place to run is said in plain words, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.plans import CASES, judged, plan_for
from tools.plan_words import diff_words, plan_words
from tools.wording import LANGUAGES, Voice
from tools.words import data_words
from trainer.proposal import Proposal

SAID = {
    "sft": "learns to write the answers",
    "cpt": "goes on reading your text",
    "dpo": "prefer the better of two answers (DPO)",
    "kto": "marked good or bad",
    "orpo": "in one go (ORPO)",
    "cpo": "(CPO)",
    "reward_modeling": "higher for the better one",
    "grpo": "rewards: the right number, the length (0 … 20)",
    "rloo": "rewards: the right answer",
    "distillation": "says at every word",
}


@pytest.fixture
def proposed(home: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Proposal:
    kind, wishes = CASES[request.param]
    return plan_for(judged(tmp_path, kind), method=request.param, **wishes)


@pytest.mark.parametrize(("proposed", "said"), SAID.items(), indirect=["proposed"], ids=SAID)
def test_a_method_is_said(proposed: Proposal, said: str) -> None:
    plain = plan_words(proposed)
    assert said in plain
    assert "can't train" not in plain
    assert ("% of the text is trained on" in plain) != proposed.preflight.own_answers
    terse = plan_words(proposed, Voice("en", "expert"))
    assert proposed.plan.method.method in terse
    for language in LANGUAGES:
        assert "{" not in plan_words(proposed, Voice(language))


@pytest.mark.parametrize("kind", ["pairs", "marked"])
def test_judged_rows_say_what_they_can_train(home: Path, tmp_path: Path, kind: str) -> None:
    from trainer.proposal import survey
    from trainer.wishes import Wishes

    profile = survey(judged(tmp_path, kind), Wishes()).inspected.profile
    for language in LANGUAGES:
        words = data_words(profile, Voice(language))
        assert ("DPO" if kind == "pairs" else "KTO") in words
        assert "sft" in words


def test_a_change_of_method_is_a_change_with_words(home: Path, tmp_path: Path) -> None:
    path = judged(tmp_path, "sums")
    old = plan_for(path, method="sft")
    new = plan_for(path, method="grpo", reward="number", num_generations=4)
    words = diff_words(old, new)
    assert "method sft → grpo (you)" in words
    assert "rewards - → the right number (you)" in words
    assert "writes 4 answers to each prompt" in words


def test_where_it_runs_is_said_where_it_is_out_of_the_ordinary(home: Path, tmp_path: Path) -> None:
    path = judged(tmp_path, "qa")
    assert "2 processes train it together" in plan_words(plan_for(path, num_processes=2))
    away = plan_for(path, backend="hosted", address="https://tune.example.com/v1", base_model="openai/gpt-x")
    assert "https://tune.example.com/v1 trains it: your training rows are sent there" in plan_words(away)


def test_tokens_and_general_rows_are_said(home: Path, tmp_path: Path) -> None:
    general = judged(tmp_path, "sums")
    path = judged(tmp_path, "qa")
    words = plan_words(plan_for(path, new_tokens=["<order>"], retention_path=str(general), retention_share=0.1))
    assert "New tokens of its own: <order>" in words
    assert "10 % of what it reads are general rows" in words
