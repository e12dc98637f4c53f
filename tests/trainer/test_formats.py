"""Roles and formats, judged by names and content; the real files of the shared collection too."""

from __future__ import annotations

import pytest

from tests.conftest import shared
from trainer.data.convert import examples
from trainer.data.formats import columns_of, flattened, shape_of
from trainer.data.reading import Row, read

CASES = [
    ([{"question": "q", "answer": "a"}], "prompt_completion", {"prompt": "question", "completion": "answer"}),
    ([{"instruction": "i", "input": "", "output": "o"}], "alpaca", {"prompt": "instruction", "completion": "output"}),
    (
        [{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}],
        "messages",
        {"messages": "messages"},
    ),
    ([{"conversations": [{"from": "human", "value": "x"}]}], "sharegpt", {"messages": "conversations"}),
    ([{"prompt": "p", "chosen": "c", "rejected": "r"}], "preference", {"chosen": "chosen", "rejected": "rejected"}),
    ([{"prompt": "p", "completion": "c", "label": True}], "kto", {"label": "label"}),
    ([{"text": "once upon a time"}], "text", {"text": "text"}),
    (
        [{"text": f"mail {i}", "topic": "ab"[i % 2]} for i in range(20)],
        "text_label",
        {"prompt": "text", "label": "topic"},
    ),
    (
        [{"customer_message": "m", "agent_reply": "r"}],
        "prompt_completion",
        {"prompt": "customer_message", "completion": "agent_reply"},
    ),
]


@pytest.mark.parametrize(("rows", "wanted", "roles"), CASES, ids=[c[1] for c in CASES])
def test_formats_and_roles(rows: list[Row], wanted: str, roles: dict[str, str]) -> None:
    flat = [flattened(r) for r in rows]
    shape = shape_of(columns_of(flat), flat, {})
    assert shape.format == wanted
    assert roles.items() <= shape.roles.items()


def test_unclear_columns_lead_to_one_question() -> None:
    rows: list[Row] = [{"alpha": f"one {i}", "beta": f"two {i}"} for i in range(20)]
    shape = shape_of(columns_of(rows), rows, {})
    assert shape.format == "unclear"
    assert shape.question
    assert shape.question.count("?") == 1


REAL = [
    ("gsm8k/gsm8k_train.jsonl", "prompt_completion", 7473, False),
    ("glaive_toolcall_en_demo/glaive_toolcall_en_demo.json", "sharegpt", 300, False),
    ("identity/identity.json", "alpaca", 91, False),
    ("restaurant8k/restaurant8k_test.json", "text_label", 3731, True),
    ("dpo_en_demo/dpo_en_demo.json", "preference", 300, False),
    ("kto_en_demo/kto_en_demo.json", "kto", 300, False),
    ("nlupp/nlupp_banking.jsonl", "text_label", 2071, True),
    ("banking77/banking77_train.csv", "text_label", 10003, False),
    ("gatsby/gatsby.txt", "text", 1704, False),
]


@pytest.mark.parametrize(("name", "wanted", "count", "asks"), REAL, ids=[r[0].split("/")[0] for r in REAL])
def test_real_files(name: str, wanted: str, count: int, asks: bool) -> None:
    rows = read(shared(f"data/{name}")).rows
    flat = [flattened(r) for r in rows]
    shape = shape_of(columns_of(flat), flat, {})
    assert (shape.format, len(rows), shape.question is not None) == (wanted, count, asks)


def test_conversion_changes_no_character() -> None:
    rows: list[Row] = [{"question": "  a\u200bb\n", "answer": "\t007 “x” "}]
    shape = shape_of(columns_of(rows), rows, {})
    (example,) = examples(rows, shape)
    assert example.messages == (("user", "  a\u200bb\n"), ("assistant", "\t007 “x” "))
    assert example.trl() == {
        "messages": [{"role": "user", "content": "  a\u200bb\n"}, {"role": "assistant", "content": "\t007 “x” "}]
    }


@pytest.mark.parametrize(
    ("turns", "fault"),
    [
        ([{"from": "wizard", "value": "x"}, {"from": "gpt", "value": "y"}], "unknown_role"),
        ([{"from": "human", "value": "x"}], "no_answer"),
        ([{"from": "human", "value": "x"}, {"from": "gpt", "value": "  "}], "empty"),
        ([{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}], ""),
    ],
)
def test_rows_that_cannot_be_trained_on_carry_their_fault(turns: list[dict[str, str]], fault: str) -> None:
    rows: list[Row] = [{"conversations": turns}]
    shape = shape_of(columns_of(rows), [{"conversations": [{"from": "human", "value": "x"}]}], {})
    (example,) = examples(rows, shape)
    assert example.fault == fault


@pytest.mark.parametrize(
    "rows",
    [
        [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, {"messages": ["hi"]}],
        [{"question": "a\ud83d", "answer": "b"}, {"question": "c", "answer": "d"}],
    ],
)
def test_odd_rows_carry_a_fault_and_break_nothing(rows: list[Row]) -> None:
    shape = shape_of(columns_of(rows), rows, {})
    assert sum(bool(e.fault) for e in examples(rows, shape)) == 1
