"""Rows -> examples and rows -> other formats: nothing changed, nothing lost, faults and oddities named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import shared
from tests.trainer.data.shape.tables import CASES
from tests.trainer.data.shape.tables_fresh import FRESH
from tests.trainer.data.shape.test_shape import shaped
from trainer.data.convert import BUILDABLE, ONE_ANSWER, Example, as_text, converted, examples
from trainer.data.formats import Shape
from trainer.data.reading import read
from trainer.data.sources.numbers import Number

CALL = '{"name": "find", "arguments": {"near": 1.10, "q": "café"}}'
GLAIVE = {
    "conversations": [
        {"from": "human", "value": " Find it "},
        {"from": "function_call", "value": CALL},
        {"from": "observation", "value": '{"found":  1}'},
        {"from": "gpt", "value": "Here.\n"},
    ],
    "tools": '[{"name": "find", "limit": 2.50}]',
}
SHAREGPT = Shape("sharegpt", {"messages": "conversations", "tools": "tools"})
AWKWARD = st.text(
    st.one_of(st.sampled_from("\x00\u200b\u202e\ufeff\r\n\t\"',;\\007é漢😀"), st.characters(exclude_categories=["Cs"])),
    min_size=1,
)


def one(row: dict[str, Any], shape: Shape) -> Example:
    (example,) = examples([row], shape)
    return example


@settings(max_examples=200, deadline=None)
@given(AWKWARD, AWKWARD, AWKWARD)
def test_pairs_keep_every_character(asked: str, answer: str, system: str) -> None:
    row = {"q": asked, "a": answer, "s": system}
    pair = Shape("prompt_completion", {"prompt": "q", "completion": "a"})
    guided = Shape("prompt_completion", {"prompt": "q", "completion": "a", "system": "s"})
    assert one(row, pair).messages == (("user", asked), ("assistant", answer))
    assert converted(row, pair, "prompt_completion") == {"prompt": asked, "completion": answer}
    told = [{"role": "system", "content": system}, {"role": "user", "content": asked}]
    said = {"role": "assistant", "content": answer}
    assert converted(row, guided, "messages") == {"messages": [*told, said]}
    assert converted(row, guided, "prompt_completion") == {"prompt": told, "completion": [said]}


@settings(max_examples=100, deadline=None)
@given(st.lists(AWKWARD, min_size=2, max_size=6), AWKWARD)
def test_conversations_keep_every_character(contents: list[str], worse: str) -> None:
    turns = [{"from": ("human", "gpt")[i % 2], "value": c} for i, c in enumerate(contents)]
    row = {"c": turns, "better": {"from": "gpt", "value": contents[-1]}, "worse": {"from": "gpt", "value": worse}}
    made = converted(row, Shape("sharegpt", {"messages": "c"}), "messages")
    assert made
    assert [m["content"] for m in made["messages"]] == contents
    liked = Shape("preference", {"messages": "c", "chosen": "better", "rejected": "worse"})
    told = converted(row, liked, "preference")
    assert told
    assert [m["content"] for m in told["prompt"]] == contents
    assert told["chosen"] == [{"role": "assistant", "content": contents[-1]}]
    assert told["rejected"] == [{"role": "assistant", "content": worse}]


def test_tool_calls_and_tools_become_trls() -> None:
    made = converted(GLAIVE, SHAREGPT, "messages")
    call = {"type": "function", "function": {"name": "find", "arguments": {"near": 1.1, "q": "café"}}}
    assert made == {
        "messages": [
            {"role": "user", "content": " Find it "},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "name": "find", "content": '{"found":  1}'},
            {"role": "assistant", "content": "Here.\n"},
        ],
        "tools": [{"name": "find", "limit": 2.5}],
    }
    arguments = made["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert as_text(arguments) == '{"near": 1.10, "q": "café"}'
    assert as_text(made["tools"]) == '[{"name": "find", "limit": 2.50}]'
    pair = converted(GLAIVE, SHAREGPT, "prompt_completion")
    assert pair
    assert pair["completion"] == [made["messages"][3]]
    assert pair["tools"] == made["tools"]


def test_a_call_that_is_no_json_stays_as_it_is() -> None:
    turns = [{"from": "human", "value": "x"}, {"from": "function_call", "value": "find(x)"}]
    made = converted({"c": turns}, Shape("sharegpt", {"messages": "c"}), "messages")
    assert made
    assert made["messages"][1] == {"role": "assistant", "content": "find(x)"}


def test_openai_turns_keep_their_calls_and_keys() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    turns = [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "1", "content": "2"},
        {"role": "assistant", "content": "done"},
    ]
    shape = Shape("messages", {"messages": "m"})
    made = converted({"m": turns}, shape, "messages")
    assert made
    assert made["messages"][1]["tool_calls"] == calls
    assert made["messages"][2]["tool_call_id"] == "1"
    assert one({"m": turns}, shape).messages[:2] == (("user", "a\nb"), ("assistant", json.dumps(calls)))
    assert converted({"m": json.dumps(turns)}, shape, "messages") == made


def test_preferences_of_every_form() -> None:
    user, good, bad = ({"role": r, "content": c} for r, c in (("user", "q"), ("assistant", "g"), ("assistant", "b")))
    whole = {"chosen": [user, good], "rejected": [user, bad]}
    wanted = {"prompt": [user], "chosen": [good], "rejected": [bad]}
    implicit = Shape("preference", {"chosen": "chosen", "rejected": "rejected"})
    explicit = Shape("preference", {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"})
    assert converted(whole, implicit, "preference") == wanted
    assert converted({"prompt": "q", **whole}, explicit, "preference") == wanted
    assert converted(wanted, explicit, "preference") == wanted
    plain = {"prompt": "q", "chosen": "g", "rejected": "b"}
    assert converted(plain, explicit, "preference") == plain
    assert converted(plain, explicit, "prompt_completion") == {"prompt": "q", "completion": "g"}
    for row, shape in ((whole, implicit), ({"prompt": "q", **whole}, explicit), (wanted, explicit), (plain, explicit)):
        example = one(row, shape)
        assert (example.messages, example.rejected) == ((("user", "q"), ("assistant", "g")), "b")


def test_verdicts() -> None:
    shape = Shape("kto", {"prompt": "p", "completion": "c", "label": "l"})
    rows = [{"p": "q", "c": "a", "l": value} for value in (True, "👎", "maybe")]
    assert [e.good for e in examples(rows, shape)] == [True, False, None]
    assert converted(rows[0], shape, "kto") == {"prompt": "q", "completion": "a", "label": True}
    assert converted(rows[1], shape, "kto") == {"prompt": "q", "completion": "a", "label": False}
    assert converted(rows[2], shape, "kto") is None
    assert converted(rows[0], shape, "messages")
    assert converted(rows[1], shape, "messages") is None, "a bad answer is none to learn from"


@pytest.mark.parametrize(
    ("shape", "row", "target"),
    [
        (Shape("text", {"text": "t"}), {"t": "x"}, "messages"),
        (Shape("text", {"text": "t"}), {"t": "x"}, "preference"),
        (Shape("prompt_completion", {"prompt": "p", "completion": "c"}), {"p": "x", "c": "y"}, "kto"),
        (Shape("messages", {"messages": "m"}), {"m": [{"role": "user", "content": "x"}]}, "messages"),
        (Shape("messages", {"messages": "m"}), {"m": "[{"}, "messages"),
        (Shape("messages", {"messages": "m"}), {"m": [{"role": "wizard", "content": "x"}]}, "messages"),
        (Shape("messages", {"messages": "m"}), {}, "prompt_completion"),
    ],
)
def test_what_cannot_be_written_so(shape: Shape, row: dict[str, Any], target: str) -> None:
    assert converted(row, shape, target) is None


def test_a_transcript_in_a_cell_becomes_messages() -> None:
    made = converted({"t": "User: hi\nAgent: hello\nthere\nUser: bye"}, Shape("chat_log", {"text": "t"}), "messages")
    assert made
    assert [(m["role"], m["content"]) for m in made["messages"]] == [
        ("user", "hi"),
        ("assistant", "hello\nthere"),
        ("user", "bye"),
    ]


def turned(*roles: str) -> Example:
    turns = [{"role": role, "content": f"{role} {i}"} for i, role in enumerate(roles)]
    return one({"m": turns}, Shape("messages", {"messages": "m"}))


@pytest.mark.parametrize(
    ("roles", "notes"),
    [
        (("user", "assistant"), ()),
        (("system", "user", "assistant", "user", "assistant"), ()),
        (("user", "user", "assistant"), ("role_order", "two_users")),
        (("user", "assistant", "assistant"), ("role_order", "two_answers")),
        (("user", "system", "assistant"), ("role_order", "system_inside")),
        (("assistant", "user", "assistant"), ("role_order", "answer_first")),
        (("user", "assistant", "user"), ("question_last",)),
        (("user", "function_call", "tool", "assistant"), ()),
    ],
)
def test_odd_orders_are_noted_and_kept(roles: tuple[str, ...], notes: tuple[str, ...]) -> None:
    example = turned(*roles)
    assert example.notes == notes
    assert example.fault == ""
    kept = len(roles) - (roles[-1] != "assistant")
    assert len(example.messages) == kept


@pytest.mark.parametrize("who", ["Kunde", "客户", "end-user", "HUMAN", "prompter"])
def test_other_names_of_the_roles(who: str) -> None:
    assert turned(who, "Agent").messages[0][0] == "user"


@pytest.mark.parametrize(
    ("value", "fault", "notes"),
    [
        (
            [{"role": "wizard", "content": "x"}, {"role": "elf", "content": "y"}],
            "unknown_role",
            ("role:wizard", "role:elf"),
        ),
        ("[{broken", "broken_json", ()),
        ("just words", "broken_json", ()),
        ([{"role": "user", "content": "x"}], "no_answer", ("question_last",)),
        ([], "no_answer", ()),
        (None, "no_answer", ()),
        (["x"], "unknown_role", ()),
        ([{"role": "user", "content": "x"}, {"role": "assistant", "content": " "}], "empty", ()),
        ([{"role": "user", "content": "\ud800"}, {"role": "assistant", "content": "y"}], "broken_text", ()),
    ],
)
def test_faults_have_names(value: object, fault: str, notes: tuple[str, ...]) -> None:
    example = one({"m": value}, Shape("messages", {"messages": "m"}))
    assert example.fault == fault
    assert example.notes == (notes if fault != "no_answer" or value else ())


def test_an_empty_turn_is_noted() -> None:
    turns = [
        {"role": r, "content": c} for r, c in (("user", "a"), ("assistant", ""), ("user", "b"), ("assistant", "c"))
    ]
    example = one({"m": turns}, Shape("messages", {"messages": "m"}))
    assert (example.fault, example.notes) == ("", ("empty_turn",))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        (7, "7"),
        (1.5, "1.5"),
        (Number("1.10"), "1.10"),
        (Number("1E5"), "1E5"),
        (True, "true"),
        (None, ""),
        ({"a": [Number("2.50"), "é"]}, '{"a": [2.50, "é"]}'),
    ],
)
def test_cells_as_text(value: object, text: str) -> None:
    assert as_text(value) == text


def test_nested_values_are_read_from_rows_as_they_are() -> None:
    shape = Shape("text_label", {"prompt": "user.text", "label": "slots"})
    assert one({"user": {"text": "a"}, "slots": {"x": 1}}, shape).messages == (("user", "a"), ("assistant", '{"x": 1}'))
    assert one({"user.text": "a", "slots": "b"}, shape).messages == (("user", "a"), ("assistant", "b"))


@pytest.mark.parametrize("case", [*CASES, *FRESH], ids=lambda c: c.name)
@pytest.mark.parametrize("target", ["messages", "prompt_completion", "preference", "kto"])
def test_converted_rows_are_read_back_as_what_they_are(case, target: str) -> None:  # type: ignore[no-untyped-def]
    shape = shaped(case.rows)
    if shape.format not in BUILDABLE:
        pytest.skip("nothing to convert")
    made = [row for r in case.rows if (row := converted(r, shape, target))]
    if not made:
        return
    again = shaped(made)
    assert again.format == target
    if shape.format in ONE_ANSWER and target in ONE_ANSWER:
        before = [(e.prompt, e.answer) for e in examples(case.rows, shape) if not e.fault]
        after = [(e.prompt, e.answer) for e in examples(made, again) if not e.fault]
        assert [a for _, a in after] == [a for _, a in before]


@pytest.mark.parametrize(
    "name", ["glaive_toolcall_en_demo/glaive_toolcall_en_demo.json", "dpo_en_demo/dpo_en_demo.json"]
)
def test_real_conversations_keep_every_turn(name: str) -> None:
    rows = read(shared(f"data/{name}")).rows
    shape = shaped(rows)
    made = [converted(row, shape, "messages") for row in rows]
    built = list(examples(rows, shape))
    assert sum(m is not None for m in made) == sum(e.fault in ("", "empty") for e in built)
    for row, new in zip(rows, made, strict=True):
        values = [t["value"] for t in row["conversations"] if t["from"] != "function_call"]
        assert new is None or [m["content"] for m in new["messages"] if "tool_calls" not in m][: len(values)] == values
