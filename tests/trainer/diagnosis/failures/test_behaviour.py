"""How answers behave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.diagnosis.failures.behaviour import REPEATED, behaviour, repeats

PLAIN = "We looked into your order and found that the parcel left the warehouse this morning and will arrive soon."


@pytest.mark.parametrize(
    ("text", "repetitive"),
    [
        (PLAIN, False),
        ("thank you for your patience " * 8, True),
        ("yes yes", False),
        ("", False),
        ("哈哈哈" * 30, True),
        ("aaaa" * 40, True),
    ],
)
def test_repeats(text: str, repetitive: bool) -> None:
    assert (repeats(text) > REPEATED) is repetitive


@given(st.text(max_size=400))
def test_a_share_of_any_text(text: str) -> None:
    assert 0.0 <= repeats(text) < 1.0


def test_shares_of_both_models() -> None:
    found = behaviour([PLAIN, "a"], [PLAIN, "go on " * 40], {"base": [True, True], "tuned": [True, False]})
    assert found == {
        "repetitive": {"base": 0.0, "tuned": 0.5},
        "unended": {"base": 0.0, "tuned": 0.5},
        "same": 0.5,
    }


def test_nothing_was_written() -> None:
    assert behaviour([], [], {}) == {}
