"""Judged rows as tokens: the prompt is shared, the answers are whole, the cut is counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.data.convert import Example
from trainer.data.encode import IGNORE
from trainer.data.pairs import judged
from trainer.data.tokenizer import ChatTokenizer, load
from trainer.paths import BUILTIN_MODEL

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="<>"), min_size=1, max_size=80)


def tokenizer() -> ChatTokenizer:
    return load(str(BUILTIN_MODEL))


def text(ids: list[int]) -> str:
    return tokenizer().backend.decode(ids, skip_special_tokens=False)


def pair(question: str, better: str, worse: str) -> Example:
    return Example(1, (("user", question), ("assistant", better)), rejected=worse)


@settings(max_examples=60, deadline=None)
@given(question=WORDS, better=WORDS, worse=WORDS)
def test_prompt_and_answers_are_the_whole_conversation(question: str, better: str, worse: str) -> None:
    ours = tokenizer()
    row = judged(pair(question, better, worse), ours, 10_000)
    for ids, answer in ((row.chosen_ids, better), (row.rejected_ids, worse)):
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        whole = ours.encode("".join(piece for piece, _ in ours.pieces(turns))).ids
        told = row.prompt_ids + ids
        assert told == whole[: len(told)]
        assert ids[-1] == ours.id_of(ours.eos)
    assert row.usable


def test_what_is_before_the_answers_is_the_prompt_for_generation() -> None:
    ours = tokenizer()
    row = judged(pair("where is it?", "here", "nowhere"), ours, 1000)
    assert text(row.prompt_ids) == ours.prompt_text([{"role": "user", "content": "where is it?"}])


def test_earlier_answers_belong_to_the_prompt() -> None:
    turns = (("user", "a"), ("assistant", "first"), ("user", "b"), ("assistant", "second"))
    row = judged(Example(1, turns, rejected="other"), tokenizer(), 1000)
    assert "first" in text(row.prompt_ids)
    assert text(row.chosen_ids).startswith("second")


@pytest.mark.parametrize("most", [8, 20, 40])
def test_the_cut_is_counted_and_nothing_is_longer(most: int) -> None:
    row = judged(pair("where is my parcel", "it is in the depot " * 9, "no"), tokenizer(), most)
    whole = judged(pair("where is my parcel", "it is in the depot " * 9, "no"), tokenizer(), 10_000)
    kept = len(row.chosen_ids) + len(row.rejected_ids)
    assert kept + row.cut == len(whole.chosen_ids) + len(whole.rejected_ids)
    assert len(row.prompt_ids) + len(row.chosen_ids) <= max(most, len(row.prompt_ids))
    assert row.usable == (most > len(row.prompt_ids))


@pytest.mark.parametrize("good", [True, False])
def test_a_marked_answer_has_one_side(good: bool) -> None:
    example = Example(3, (("user", "a"), ("assistant", "b")), good=good)
    row: Any = judged(example, tokenizer(), 100)
    assert row.rejected_ids == [] and row.good is good and row.usable
    (side,) = row.sides()
    assert side.labels[: len(row.prompt_ids)] == [IGNORE] * len(row.prompt_ids)
    assert side.trained == len(row.chosen_ids)
