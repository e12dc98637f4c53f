"""Every value of every plan has words, and a person's own program is shown as text."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tests.tools.plans import judged, plan_for
from trainer.facts import DataFinding
from trainer.fields import SECTION_OF
from trainer.plan.methods import RewardKind
from trainer.wishes import Wishes
from ui import html, views
from ui.cli.cards import plan_card
from ui.glossary import MEANING, METHODS, REWARDS, TUNINGS, meaning

HIDDEN = views.HIDDEN | {"schema_version"}


def named(wish: str) -> set[str]:
    """The words a wish may hold."""
    options = get_args(Wishes.model_fields[wish].annotation)
    return {word for option in options for word in get_args(option)}


def test_every_leaf_of_every_method_and_adapter_has_a_meaning() -> None:
    assert set(SECTION_OF) - HIDDEN <= MEANING.keys()


def test_every_word_a_field_may_hold_has_a_meaning() -> None:
    assert METHODS.keys() == named("method")
    assert TUNINGS.keys() == named("tuning")
    assert REWARDS.keys() == set(get_args(RewardKind))


def test_a_word_says_what_it_means() -> None:
    assert "better of two answers" in meaning("method", "dpo")
    assert "few bits" in meaning("tuning", "qlora")
    assert "last number" in meaning("rewards", [{"kind": "number"}])
    assert meaning("seed", 3) == MEANING["seed"]


PROGRAM = "def reward(completion, **columns):\n    return float('<script>' not in completion)  # \x1b[2J\u202e"


@pytest.fixture
def cards(home: Path, tmp_path: Path) -> tuple[str, str]:
    proposal = plan_for(judged(tmp_path, "pairs"), method="dpo")
    words = f"This file of yours would run on this machine (reward.py):\n{PROGRAM}"
    own = DataFinding(rule="own_reward_file", severity="warn", count=1, advice=words)
    shown = proposal.model_copy(update={"findings": [own, *proposal.findings]})
    return html.plan_card(shown, shown.hash, expert=True), plan_card(shown)


def test_the_page_shows_a_reward_file_as_escaped_text(cards: tuple[str, str]) -> None:
    page, _ = cards
    assert '<pre class="ts-program">def reward(completion, **columns):\n    return' in page
    assert "<script" not in page
    assert "\u202e" not in page


def test_the_terminal_sets_a_reward_file_in(cards: tuple[str, str]) -> None:
    _, terminal = cards
    assert "\n      | def reward(completion, **columns):\n      |     return" in terminal
    assert "\x1b" not in terminal
    assert "\u202e" not in terminal
