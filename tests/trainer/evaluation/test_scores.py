"""Kinds of answers and the scores that judge them: right by hand, on what people and models write."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluation.kinds import document, kind_of, kinds
from trainer.evaluation.scores import NAMES, figure, label, last_number, scored

LEAVES = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(LEAVES, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=8)


@pytest.mark.parametrize(
    ("answers", "labels", "kind"),
    [
        (["refund", "login"], True, "labels"),
        (['{"name": "find", "arguments": {"city": "Bonn"}}'] * 3, False, "tool_calls"),
        (['{"total": 12}', '```json\n{"total": 3}\n```'], False, "json"),
        (["He has 3 + 4 = <<3+4=7>>7.\n#### 7", "#### 1,250"], False, "numbers"),
        (["42", "17.5", "$9"], False, "numbers"),
        (["Paris", "the Nile", "in 1969, I think"], False, "short"),
        (["Thank you for writing to us; we send a new one tomorrow."], False, "text"),
        (["[not json"], False, "short"),
        (["您好，您的包裹已经寄出，请您耐心等待两到三天。"], False, "text"),
    ],
)
def test_the_kind_is_told_by_the_answers(answers: list[str], labels: bool, kind: str) -> None:
    assert kind_of(answers, labels).name == kind


def test_every_kind_says_why_and_what_it_cannot_see_and_names_known_figures() -> None:
    for kind in kinds().values():
        assert kind.why and kind.blind and {kind.metric, *kind.also} <= set(NAMES)


@pytest.mark.parametrize(
    ("metric", "answer", "reference", "score"),
    [
        ("accuracy", ' "Refund".\nBecause it was late', "refund", 1),
        ("accuracy", "refunds", "refund", 0),
        ("accuracy", "", "refund", 0),
        ("exact_match", " yes ", "yes", 1),
        ("exact_match", "Yes", "yes", 0),
        ("number", "3 and 4 make 7.", "#### 7", 1),
        ("number", "It is 1,250 in all", "#### 1250", 1),
        ("number", "#### 8 (not 7)", "#### 7", 0),
        ("number", "none", "#### 7", 0),
        ("json_valid", "{'a': 1}", "{}", 0),
        ("json_valid", '```json\n{"a": 1}\n```', "{}", 1),
        ("json_fields", '{"a": 1, "b": {"c": [1, 2]}}', '{"a": 1, "b": {"c": [1, 3]}}', 2 / 3),
        ("json_fields", "no", '{"a": 1}', 0),
        ("json_fields", '{"a": 1, "b": 2, "c": 3}', '{"a": 1}', 1 / 3),
        ("json_fields", '{"tags": ["x"]}', '{"tags": []}', 0),
        ("json_fields", "I can't say", "not a document", 0),
        ("json_fields", "[]", "[]", 1),
        (
            "tool_call",
            '{"name": "f", "arguments": "{\\"b\\": 2, \\"a\\": 1}"}',
            '{"name":"f","arguments":{"a":1,"b":2}}',
            1,
        ),
        ("tool_call", '{"name": "g", "arguments": {"a": 1}}', '{"name":"f","arguments":{"a":1}}', 0),
        ("tool_call", "f(a=1)", '{"name":"f","arguments":{"a":1}}', 0),
        ("token_f1", "The parcel is late!", "parcel late", 0.8),
        ("token_f1", "", "parcel", 0),
    ],
)
def test_scores_by_hand(metric: str, answer: str, reference: str, score: float) -> None:
    assert scored(metric, [answer], [reference])[0] == pytest.approx(score)


def test_likenesses_are_full_for_equal_text() -> None:
    for metric in ("chrf", "rouge_l", "bleu", "meteor"):
        assert scored(metric, ["the parcel is on its way"], ["the parcel is on its way"])[0] == pytest.approx(
            100, abs=0.5
        )
        assert scored(metric, ["zzz"], ["the parcel is on its way"])[0] < 5


@given(JSON)
def test_a_document_is_wholly_like_itself(found: object) -> None:
    text = json.dumps(found)
    assert document(text) == found
    assert scored("json_fields", [text], [text])[0] == 1.0


@given(st.text())
def test_no_text_breaks_a_score(text: str) -> None:
    for metric in ("accuracy", "number", "json_valid", "json_fields", "tool_call", "token_f1", "bleu", "meteor"):
        assert 0 <= scored(metric, [text], ["#### 7"])[0] <= 100
    assert label(text) == label(text.strip())
    last_number(text)


def test_meteor_counts_stems_and_order_but_no_synonyms() -> None:
    """By hand: 4 of 4 words matched (one by its stem) in one chunk: 1 - 0.5 * (1/4)^3."""
    assert scored("meteor", ["the parcel is arriving"], ["the parcel is arrived"])[0] == pytest.approx(99.21875)
    turned = scored("meteor", ["arriving is parcel the"], ["the parcel is arrived"])[0]
    assert turned == pytest.approx(50), "four chunks of one word: 1 - 0.5 * (4/4)^3"
    assert scored("meteor", ["a big house"], ["a large house"])[0] < 70


def test_macro_f1_goes_by_labels_as_they_are_compared() -> None:
    assert figure("macro_f1", ["Refund.", "login"], ["refund", "login"]).value == 1.0
    assert figure("number", ["7", "x"], ["7", "8"]).value == 0.5
    assert np.isclose(figure("token_f1", ["a b", "b"], ["b", "b"]).value, 1.0)
