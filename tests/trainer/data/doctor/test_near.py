"""Near-duplicates: what says the same is found, what only looks alike is not."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.data.doctor.alike import jaccard
from trainer.data.doctor.near import Signatures, word_pairs

WORDS = [f"{a}{b}" for a in ("mor", "tel", "ban", "sil", "kor", "fen") for b in ("ta", "lin", "go", "ves", "um", "ret")]


def grouped(texts: list[str], chunk: int = 5) -> list[list[int]]:
    signatures = Signatures()
    for start in range(0, len(texts), chunk):
        signatures.see(texts[start : start + chunk])
    return signatures.groups(lambda wanted: [([i], [texts[i]]) for i in wanted])


def sentence(seed: int, words: int = 40) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t + " Thank you very much",
        lambda t: t.upper() + "!!",
        lambda t: t.replace(" ", "  ", 3),
        lambda t: " ".join(["please", *t.split()[1:]]),
        lambda t: t[: len(t) // 2] + "x" + t[len(t) // 2 :],
    ],
    ids=["added words", "case and marks", "spaces", "a changed word", "a typing error"],
)
def test_small_changes_of_a_long_text_are_seen(change: object) -> None:
    texts = [sentence(i) for i in range(20)]
    texts.append(change(texts[4]))  # type: ignore[operator]
    assert grouped(texts) == [[4, 20]]


def test_dates_and_numbers_do_not_make_a_mail_another() -> None:
    mail = "Dear customer, our office is closed on {} because of works in the building, we are back the day after."
    texts = [mail.format(f"{d} May 2025") for d in range(1, 30)]
    assert grouped(texts) == [list(range(29))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("how do I activate my card", "how do I cancel my card"),
        ("status of order 12", "status of order 99"),
        ("a b c", "d e f"),
        ("", ""),
    ],
)
def test_short_texts_that_differ_in_a_word_are_not_the_same(one: str, other: str) -> None:
    assert grouped([one, other]) == [] or one == other


def test_letters_are_words_in_chinese() -> None:
    text = "我们的办公室将于五月三日关闭因为大楼正在施工我们第二天回来请您谅解谢谢"
    assert grouped([text, text.replace("三", "四"), "请问我的订单什么时候可以发货我已经等了两个星期了谢谢您"]) == [
        [0, 1]
    ]


def test_no_chains() -> None:
    """A is like B and B like C, but C is not like A: C stays."""
    words = [f"{chr(97 + i // 26)}{chr(97 + i % 26)}word" for i in range(60)]
    steps = [" ".join([*(f"n{chr(97 + i)}new" for i in range(k)), *words[k:]]) for k in (0, 7, 14, 21, 28)]
    assert grouped(steps) == [[0, 1], [2, 3]]


def test_half_characters_break_nothing() -> None:
    assert grouped([f"a\ud83d {sentence(1)}", sentence(2)]) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=12), st.integers(1, 5))
def test_every_row_is_in_one_group_at_most_and_chunks_do_not_matter(texts: list[str], chunk: int) -> None:
    groups = grouped(texts, chunk)
    members = [i for group in groups for i in group]
    assert len(members) == len(set(members))
    assert groups == grouped(texts, len(texts))
    assert all(group == sorted(group) for group in groups)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=8))
def test_each_row_has_its_own_pairs(texts: list[str]) -> None:
    pairs, starts = word_pairs(texts)
    assert len(starts) == len(texts) + 1
    assert starts[-1] == len(pairs)
    alone = word_pairs([texts[-1]])[0].tolist()
    assert pairs[int(starts[-2]) :].tolist() == alone or len(texts) > 1


def test_jaccard() -> None:
    assert jaccard(np.array([1, 2, 3]), np.array([2, 3, 4])) == 0.5
    assert jaccard(np.array([]), np.array([])) == 0


def test_a_file_of_templates_costs_no_more_than_its_templates() -> None:
    """100,000 rows of three templates: copies are put together before any two rows are compared."""
    texts = [f"{sentence(k % 3)} number {k}" for k in range(100_000)]
    tracemalloc.start()
    groups = grouped(texts, 5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(g) for g in groups] == [33334, 33333, 33333]
    assert peak < 100_000_000
