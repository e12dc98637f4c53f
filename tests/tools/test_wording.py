"""Every language says the same things, with the same blanks to fill."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tools.glossary import explained
from tools.wording import LANGUAGES, Voice, _table


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path.removesuffix(".plain"), str(node)


def blanks(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_a_language_has_every_sentence_and_every_blank(language: str) -> None:
    english = {k: v for k, v in leaves(_table("en")) if not k.endswith(".expert")}
    other = dict(leaves(_table(language)))
    assert other.keys() == english.keys()
    assert {k: blanks(v) for k, v in other.items()} == {k: blanks(v) for k, v in english.items()}


def test_an_unknown_language_is_answered_in_english() -> None:
    assert Voice("fi").say("not_started") == "Nothing was started."
    assert Voice("de").say("not_started") == "Nichts wurde gestartet."
    assert not Voice("de").knows("questions.nonsense")


def test_registers_differ_where_both_are_written() -> None:
    filled = {
        "model": "m",
        "how": "h",
        "rows": 1,
        "held": 2,
        "method": "sft",
        "tuning": "lora",
        "rank": " r=8",
        "rate": 1,
        "epochs": 1,
        "batch": 1,
        "length": 8,
    }
    assert "small" not in Voice("en", "expert").say("plan", **filled)
    assert Voice("en", "expert").say("plan", **filled) != Voice("en", "plain").say("plan", **filled)


def test_a_term_is_explained_once() -> None:
    text, known = explained("The loss rose in epoch 2.", [])
    assert text == "The loss (the model's error, smaller is better) rose in epoch (one pass over all rows) 2."
    again, _ = explained("The loss rose in epoch 3.", known)
    assert again == "The loss rose in epoch 3."
