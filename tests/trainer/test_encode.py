"""What is trained on: masks, EOS, cuts; the same as transformers' own tokenizer makes of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import shared
from trainer.data.convert import Example
from trainer.data.encode import IGNORE, encode, windows
from trainer.data.split import split
from trainer.data.tokenizer import ChatTokenizer, load
from trainer.paths import BUILTIN_MODEL

WORDS = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=60).filter(
    str.strip
)


def builtin() -> ChatTokenizer:
    return load(str(BUILTIN_MODEL))


def pair(question: str, answer: str, row: int = 1) -> Example:
    return Example(row, (("user", question), ("assistant", answer)))


@settings(max_examples=80, deadline=None)
@given(WORDS, WORDS)
def test_exactly_the_answer_and_its_end_are_trained(question: str, answer: str) -> None:
    tokenizer = builtin()
    encoded = encode(pair(question, answer), tokenizer, 4096)
    trained = [i for i, label in zip(encoded.input_ids, encoded.labels, strict=True) if label != IGNORE]
    assert tokenizer.backend.decode(trained, skip_special_tokens=False) == answer + str(tokenizer.eos)
    assert encoded.input_ids[0] == tokenizer.id_of(tokenizer.bos)


def test_every_answer_of_a_conversation_is_trained() -> None:
    tokenizer = builtin()
    turns = (("user", "hi"), ("assistant", "hello"), ("user", "bye"), ("assistant", "see you"))
    encoded = encode(Example(1, turns), tokenizer, 512)
    trained = [i for i, label in zip(encoded.input_ids, encoded.labels, strict=True) if label != IGNORE]
    assert tokenizer.backend.decode(trained, skip_special_tokens=False) == f"hello{tokenizer.eos}see you{tokenizer.eos}"


def test_a_template_without_marks_gives_the_same_mask_but_for_line_ends() -> None:
    marked = builtin()
    plain = ChatTokenizer(
        "plain",
        marked.backend,
        marked.bos,
        marked.eos,
        marked.pad,
        str(marked.template)
        .replace("{% generation %}", "")
        .replace("{% endgeneration %}", "")
        .replace("{%- generation -%}", "")
        .replace("{%- endgeneration -%}", ""),
    )
    example = Example(1, (("user", "hi"), ("assistant", "hello"), ("user", "bye"), ("assistant", "see you")))
    a, b = encode(example, marked, 512), encode(example, plain, 512)
    assert a.input_ids == b.input_ids
    extra = [b_ for a_, b_ in zip(a.labels, b.labels, strict=True) if a_ == IGNORE and b_ != IGNORE]
    assert all(b_ == a_ for a_, b_ in zip(a.labels, b.labels, strict=True) if a_ != IGNORE)
    assert {marked.backend.decode([i]) for i in extra} <= {"\n"}  # the line end after the end token


def test_transformers_agrees_on_the_tokens() -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(BUILTIN_MODEL))
    messages = [{"role": "user", "content": "where is it?"}, {"role": "assistant", "content": "on its way"}]
    made = theirs.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    ours = encode(pair("where is it?", "on its way"), builtin(), 512)
    assert ours.input_ids == list(made["input_ids"])
    assert [int(label != IGNORE) for label in ours.labels] == list(made["assistant_masks"])


def test_cut_answers_are_counted() -> None:
    encoded = encode(pair("long " * 50, "answer " * 10), builtin(), 20)
    assert len(encoded.input_ids) == 20
    assert encoded.trained == 0
    assert encoded.cut_trained > 0


def test_a_model_without_a_template_gets_a_neutral_one() -> None:
    tokenizer = load(str(shared("models/stories260K")))
    assert tokenizer.neutral
    encoded = encode(pair("hi", "hello"), tokenizer, 512)
    trained = [i for i, label in zip(encoded.input_ids, encoded.labels, strict=True) if label != IGNORE]
    assert trained[-1] == tokenizer.id_of(tokenizer.eos)
    assert encoded.input_ids[0] == tokenizer.id_of(tokenizer.bos)


def test_windows_cover_the_text_once() -> None:
    tokenizer = builtin()
    texts = [Example(i + 1, text=f"Sentence number {i} of a plain text.") for i in range(40)]
    rows = list(windows(texts, tokenizer, 64))
    joined = "".join(tokenizer.backend.decode(r.input_ids, skip_special_tokens=True) for r in rows)
    assert all(len(r.input_ids) <= 64 for r in rows)
    assert joined.count("Sentence number") == 40


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("abcdefghij"), min_size=10, max_size=200), st.integers(0, 99))
def test_the_split_is_seeded_disjoint_and_leaks_no_repeat(prompts: list[str], seed: int) -> None:
    rows = [pair(f"{p}{i % 37}", "x", i + 1) for i, p in enumerate(prompts)]
    parts = split(rows, seed, 0.1, 0.2, 1000)
    sides = [{e.prompt for e in side} for side in (parts.train, parts.val, parts.holdout)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    assert sorted(e.row for side in (parts.train, parts.val, parts.holdout) for e in side) == [e.row for e in rows]
    assert split(rows, seed, 0.1, 0.2, 1000) == parts


def test_chats_that_grow_from_each_other_stay_on_one_side() -> None:
    turns = [("user", "u{0}"), ("assistant", "a{0}"), ("user", "more {0}"), ("assistant", "b{0}")]
    chats = [[(r, c.format(i)) for r, c in turns] for i in range(60)]
    rows = [Example(k + 1, tuple(c[:n])) for k, (c, n) in enumerate((c, n) for c in chats for n in (2, 4))]
    parts = split(rows, 1, 0.1, 0.2, 1000)
    assert parts.holdout
    assert not {e.messages[0] for e in parts.holdout} & {e.messages[0] for e in parts.train}


def test_one_question_for_all_still_leaves_a_holdout() -> None:
    rows = [pair("Write a poem", f"poem {i}", i + 1) for i in range(200)]
    parts = split(rows, 1, 0.05, 0.1, 1000)
    assert (len(parts.holdout), len(parts.val)) == (20, 10)
