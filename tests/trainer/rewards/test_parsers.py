"""Properties of the parsers, over texts nobody chose."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.plan.methods import Reward
from trainer.rewards.answers import Answer
from trainer.rewards.code import code_in
from trainer.rewards.exact_match import exact_match, folded
from trainer.rewards.length import length
from trainer.rewards.number import number, numbers, result
from trainer.rewards.structure import NO_JSON, json_valid, parsed

MANY = settings(max_examples=300, deadline=None)
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False, allow_infinity=False)
WORDS = st.text(
    st.characters(exclude_categories=["N", "Cs"], exclude_characters="#-−–‒﹣－$€£¥₹%/.,\\{}()]_"), max_size=20
)


def written(value: Any) -> list[str]:
    """One amount in the forms people and models write it."""
    plain, sign = f"{abs(value):.2f}", "-" if value < 0 else ""
    grouped = f"{abs(value):,.2f}"
    forms = [
        sign + plain,
        sign + grouped,
        f"{sign}${grouped}",
        f"${sign}{plain}",
        f"**{sign}{plain}**",
        f"{sign}{plain}.",
    ]
    forms += [f"\\boxed{{{sign}{plain}}}", f"x = {sign}{plain}", f"#### {sign}{grouped}", f"{sign}{plain} €"]
    return [*forms, f"{sign}{plain}".replace("-", "−"), f"{sign}{plain}0000"]


@MANY
@given(AMOUNTS)
def test_every_way_to_write_an_amount_is_that_amount(value: Any) -> None:
    for text in written(value):
        assert number(Answer(text, reference=str(value))) == 1.0, text


@MANY
@given(WORDS, AMOUNTS, WORDS)
def test_words_around_a_number_change_nothing(before: str, value: Any, after: str) -> None:
    found = result(f"{before} {value:.2f} {after}")
    assert found is not None
    assert math.isclose(found[0], float(value), rel_tol=1e-9, abs_tol=1e-9)


@MANY
@given(st.integers(1, 999), st.integers(1, 999))
def test_fractions(top: int, low: int) -> None:
    assert number(Answer(f"it is {top}/{low}", reference=repr(top / low))) == 1.0
    assert number(Answer(f"\\frac{{{top}}}{{{low}}}", reference=repr(top / low))) == 1.0


@MANY
@given(AMOUNTS, AMOUNTS)
def test_different_amounts_differ(a: Any, b: Any) -> None:
    whole = float(a).is_integer() and float(b).is_integer()
    same = a == b if whole else math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=1e-12)
    assert number(Answer(f"{a:,.2f}", reference=str(b))) == float(same)


@MANY
@given(st.text())
def test_any_text_has_numbers_or_none_and_never_breaks(text: str) -> None:
    assert all(math.isfinite(sense) for senses in numbers(text) for sense in senses)
    assert number(Answer(text, reference=text)) in (1.0, None)
    assert isinstance(code_in(text), str)


@pytest.mark.parametrize(
    "text", ["1," * 50_000, "9" * 100_000, "-" * 100_000, "1/" * 50_000, "½" * 20_000, "1e" * 50_000]
)
def test_long_texts_take_no_long_time(text: str) -> None:
    import time

    started = time.monotonic()
    numbers(text)
    assert time.monotonic() - started < 5


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@MANY
@given(VALUES, st.sampled_from([None, 0, 2]))
def test_json_alone_or_fenced_is_read_as_it_is(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert parsed(text) == value
    assert parsed(f" \n{text}\n") == value
    if "```" not in text:
        assert parsed(f"Here you are:\n```json\n{text}\n```\nAnything else?") == value


@MANY
@given(st.text(st.characters(exclude_characters="`"), min_size=1), VALUES)
def test_json_loose_in_prose_does_not_count(prose: str, value: Any) -> None:
    text = f"well, {prose} {json.dumps(value)}"
    assert parsed(text) is NO_JSON
    assert json_valid(Answer(text)) == 0.0


@MANY
@given(st.text())
def test_any_text_gets_a_score_for_json(text: str) -> None:
    try:
        wanted = isinstance(json.loads(text.rpartition("</think>")[2].strip()), dict | list)
    except ValueError:
        wanted = False
    assert json_valid(Answer(text)) == float(wanted) or "```" in text or "NaN" in text or "Infinity" in text


@MANY
@given(st.text())
def test_a_text_equals_itself_however_it_is_dressed(text: str) -> None:
    if "</think>" in text or not text.strip():
        return
    for dressed in (unicodedata.normalize("NFD", text), unicodedata.normalize("NFKC", text), f"  {text}\n"):
        assert exact_match(Answer(dressed, reference=text)) == 1.0
    assert folded(folded(text)) == folded(text)


@MANY
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
def test_length_is_a_score_and_falls_away_from_the_bounds(a: int, b: int, count: int) -> None:
    low, high = min(a, b), max(a, b, 1)
    score = length(Reward(kind="length", min_length=low, max_length=high))
    here, further = score(Answer("x" * count)), score(Answer("x" * (count + 1 if count >= high else max(0, count - 1))))
    assert here is not None
    assert further is not None
    assert 0 <= here <= 1
    assert here == 1.0 if low <= count <= high else further <= here
