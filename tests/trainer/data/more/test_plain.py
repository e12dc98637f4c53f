"""Variations that need no model: what may not change does not, the same seed gives the same text."""

from __future__ import annotations

from random import Random

import pytest

from trainer.data.more.plain import NOISES, varied, ways
from trainer.data.more.tokens import joined, kept_parts, tokens

TRAPS = [
    "where is order 860414 from 3 May, v2.10? write to anna@firma.de or https://firma.de/a?b=c please, it is late",
    "Hello {{name}}, run `rm -rf build` in src/app_main.py and set MAX_LEN=10, then call print(x) for me, ok?",
    "My friend Greta Miller from Port Orrin can not log in, ID PQ-37334, [NAME] said %s and ${total} is due",
    "```\nfor i in range(3): print(i)\n``` why does this code not work when it is run on my little machine",
    "@support #help my IBAN is DE89370400440532013000, do not tell anyone about it, thank you for all of this",
    "007 agents went to the shop and they did not buy the big old lamp because it is broken",
]


@pytest.mark.parametrize("how", NOISES)
@pytest.mark.parametrize("text", TRAPS)
def test_what_may_not_change_does_not(text: str, how: str) -> None:
    before = kept_parts(text)
    assert before
    for seed in range(40):
        after = varied(text, how, Random(seed))
        where = 0
        for part in before:
            where = after.find(part, where)
            assert where >= 0, f"{part!r} is gone from {after!r}"
            where += len(part)


@pytest.mark.parametrize("how", NOISES)
def test_the_same_seed_gives_the_same_text(how: str) -> None:
    text = "I want to know why the parcel did not arrive, it is late and I am angry about the delivery."
    assert varied(text, how, Random(7)) == varied(text, how, Random(7))
    assert any(varied(text, how, Random(seed)) != text for seed in range(5))


def test_a_text_in_pieces_is_the_text() -> None:
    for text in [*TRAPS, "", " ", "你好，我的包裹在哪里？", "a\n\nb\tc", "¿Dónde está? ¡Ya!"]:
        assert joined(tokens(text)) == text


@pytest.mark.parametrize("how", ["word dropout", "word swap", "synonyms", "fillers and politeness"])
def test_a_negation_is_never_lost(how: str) -> None:
    for seed in range(60):
        assert " not " in varied("you do not get to keep the car if it is late or so", how, Random(seed))


def test_a_dropped_word_is_short() -> None:
    for seed in range(30):
        after = varied("please refund the broken lantern that came on time", "word dropout", Random(seed))
        assert {"refund", "broken", "lantern"} <= set(after.split())


def test_languages_without_tables_get_what_needs_none() -> None:
    assert set(ways("en")) == set(NOISES)
    assert ways("zh") == ("case and punctuation",)
    assert "synonyms" not in ways("tr")
    assert "typing noise" in ways("tr")


def test_german_synonyms_keep_their_capitals() -> None:
    found = {varied("Wo ist mein Paket?", "synonyms", Random(seed), "de") for seed in range(20)}
    assert found == {"Wo ist mein Päckchen?", "Wo ist mein Lieferung?"} or found == {"Wo ist mein Päckchen?"}
