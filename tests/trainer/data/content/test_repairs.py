"""Repairs of texts: control tokens escaped, encodings put right, markup taken off."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.data.content.test_cases import BY_RULE, CASES
from trainer.data.content import control_tokens, escape_control, fix_encoding, strip_html


def texts(rule: str, side: str) -> list[str]:
    return [str(t) for t in CASES[rule][side]]


@pytest.mark.parametrize("text", texts("control_tokens", "yes"))
def test_an_escaped_token_is_none_and_reads_the_same(text: str) -> None:
    done = escape_control(text)
    assert not BY_RULE["control_tokens"].find(done)
    assert done.replace(" ", "") == text.replace(" ", "")
    assert escape_control(done) == done


@pytest.mark.parametrize("text", texts("control_tokens", "no"))
def test_texts_without_tokens_stay(text: str) -> None:
    assert escape_control(text) == text


def test_tokens_of_a_tokenizer_count_too() -> None:
    tokens = ["<custom>", "~~end~~", " ", "a"]
    assert [s.kind for s in control_tokens(tokens).find("x <custom> ~~end~~ <|im_end|>")] == ["control"] * 3
    assert escape_control("<custom>~~end~~ a", tokens) == "< custom>~ ~end~~ a"


def test_tokens_that_begin_with_blanks_are_broken_too() -> None:
    assert escape_control("a  >>| b", ["  >>|"]) == "a  > >| b"


@settings(max_examples=200, deadline=None)
@given(st.text("<|im_endst/>[]IN ", max_size=40), st.lists(st.text("<|ab> ", min_size=1, max_size=5), max_size=3))
def test_escaping_ends_and_leaves_no_token(text: str, tokens: list[str]) -> None:
    done = escape_control(text, tokens)
    assert not control_tokens(tokens).find(done)


@pytest.mark.parametrize(
    ("broken", "good"),
    [
        ("GrÃ¼ÃŸe aus KÃ¶ln", "Grüße aus Köln"),
        ("“donâ€™t” … it’s", "“don’t” … it’s"),
        ("itÃ¢â‚¬â„¢s", "it’s"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚, ｆｕｌｌ", "Привет, ｆｕｌｌ"),
        ("lost \ufffd stays, cafÃ©", "lost \ufffd stays, café"),
        ("don\x92t", "don’t"),
    ],
)
def test_what_can_be_undone_is_put_right_and_nothing_else(broken: str, good: str) -> None:
    assert fix_encoding(broken) == good
    assert fix_encoding(good) == good


@pytest.mark.parametrize("text", texts("mojibake", "no"))
def test_sound_texts_stay(text: str) -> None:
    assert fix_encoding(text) == text


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("<p>Hello <b>you</b></p><p>Bye</p>", "Hello you\nBye\n"),
        ("a<br/>b &amp; c", "a\nb & c"),
        ("<script>alert(1)</script>x<!-- no -->", "x"),
        ("I <3 a < b, `<br>` stays", "I <3 a < b, `<br>` stays"),
        ("1 &lt; 2", "1 < 2"),
    ],
)
def test_markup_is_taken_off(marked: str, plain: str) -> None:
    assert strip_html(marked) == plain


@pytest.mark.parametrize("text", texts("html", "no"))
def test_texts_without_markup_stay(text: str) -> None:
    assert strip_html(text) == text
