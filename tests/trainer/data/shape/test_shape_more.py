"""Confidence, evidence, the one question, names by themselves, and files of the shared collection."""

from __future__ import annotations

import pytest

from tests.conftest import shared
from tests.trainer.data.shape.tables import CASES, DE, EN, pairs
from tests.trainer.data.shape.tables_fresh import FRESH
from tests.trainer.data.shape.test_shape import shaped
from trainer.data.reading import read
from trainer.data.shape.names import is_meaningless, scores

SHARED_FILES = [
    ("identity/identity.json", "alpaca", {"prompt": "instruction", "completion": "output"}, None),
    ("gpteacher_roleplay/roleplay-instruct.json", "alpaca", {"input": "input", "completion": "response"}, None),
    ("dpo_en_demo/dpo_en_demo.json", "preference", {"messages": "conversations", "chosen": "chosen"}, None),
    ("kto_en_demo/kto_en_demo.json", "kto", {"messages": "messages", "label": "label"}, None),
    ("glaive_toolcall_en_demo/glaive_toolcall_en_demo.json", "sharegpt", {"tools": "tools"}, None),
    ("c4_demo/c4_demo.jsonl", "text", {"text": "text"}, None),
    ("wiki_demo/wiki_demo.txt", "text", {"text": "text"}, None),
    ("gatsby/gatsby.txt", "text", {"text": "text"}, None),
    ("banking77/banking77_train.csv", "text_label", {"prompt": "text", "label": "category"}, None),
    ("banking77/banking77_test.csv", "text_label", {"prompt": "text", "label": "category"}, None),
    ("gsm8k/gsm8k_train.jsonl", "prompt_completion", {"prompt": "question", "completion": "answer"}, None),
    ("gsm8k/gsm8k_test.jsonl", "prompt_completion", {"prompt": "question", "completion": "answer"}, None),
    ("ui_translate/ui_translate.jsonl", "alpaca", {"input": "input", "completion": "output"}, None),
    ("nlupp/nlupp_banking.jsonl", "text_label", {"prompt": "text"}, "intents or slots?"),
    ("nlupp/nlupp_hotels.jsonl", "text_label", {"prompt": "text"}, "slots or intents?"),
    ("restaurant8k/restaurant8k_test.json", "text_label", {"prompt": "userInput.text"}, "labels as JSON"),
]


@pytest.mark.parametrize(("name", "form", "roles", "asked"), SHARED_FILES, ids=[f[0] for f in SHARED_FILES])
def test_files_of_the_shared_collection(name: str, form: str, roles: dict[str, str], asked: str | None) -> None:
    rows = read(shared(f"data/{name}")).rows
    shape = shaped(rows)
    assert shape.format == form
    assert roles.items() <= shape.roles.items()
    assert (asked in (shape.question or "")) if asked else shape.question is None
    plan = {r: c for r, c in shape.roles.items() if r in ("prompt", "completion", "messages", "label", "text")}
    assert shaped(rows, plan).roles == shape.roles


@pytest.mark.parametrize("case", [*CASES, *FRESH], ids=lambda c: c.name)
def test_every_role_has_its_confidence_and_reason_and_at_most_one_question(case) -> None:  # type: ignore[no-untyped-def]
    shape = shaped(case.rows)
    for role in (*shape.roles, *shape.extras):
        assert 0 < shape.confidence[role] <= 1
        assert shape.evidence[role]
    assert (shape.question or "?").count("?") == 1
    taken = [*shape.roles.values(), *shape.extras.values()]
    assert len(taken) == len(set(taken))
    assert not set(shape.unused) & set(taken)


def test_evidence_says_what_was_seen() -> None:
    shape = shaped(pairs(EN, "question", "answer"))
    assert shape.evidence["completion"].startswith("named like an answer; ")
    assert "longer than question" in shape.evidence["completion"]
    assert "worded as a reply" in shape.evidence["completion"]


def test_names_are_surer_than_words_and_words_surer_than_nothing() -> None:
    named, by_words = shaped(pairs(DE, "Frage", "Antwort")), shaped(pairs(DE, "a", "b"))
    assert named.confidence["prompt"] > by_words.confidence["prompt"] >= 0.6


def test_names_whose_texts_say_the_opposite_are_believed_less() -> None:
    turned = shaped([{"question": a, "answer": q} for q, a in EN])
    assert turned.roles == {"prompt": "question", "completion": "answer"}
    assert turned.confidence["completion"] <= 0.65
    assert "ask more" in turned.evidence["completion"]


def test_the_persons_word_goes_first() -> None:
    rows = [{"alpha": f"one {i}", "beta": f"two {i}"} for i in range(20)]
    shape = shaped(rows, {"prompt": "beta", "completion": "alpha"})
    assert (shape.format, shape.question) == ("prompt_completion", None)
    assert shape.confidence == {"prompt": 1.0, "completion": 1.0}
    assert shaped(rows, {"prompt": "beta"}).roles == {"prompt": "beta", "completion": "alpha"}
    assert shaped(rows, {"completion": "beta"}).roles == {"prompt": "alpha", "completion": "beta"}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Frage", "prompt"),
        ("Fragen", "prompt"),
        ("customerQuestion", "prompt"),
        ("CUSTOMER MESSAGE", "prompt"),
        ("user-message-text", "prompt"),
        ("agent_first_reply", "completion"),
        ("anser", "completion"),
        ("answer_date", "date"),
        ("question_id", "id"),
        ("customer_id", "group"),
        ("回答内容", "completion"),
        ("问题类型", "label"),
        ("お問い合わせ内容", "prompt"),
        ("Antworten", "completion"),
        ("উত্তর", "completion"),
    ],
)
def test_names(name: str, role: str) -> None:
    found = scores(name)
    assert max(found, key=lambda r: found[r]) == role


@pytest.mark.parametrize("name", ["col_a", "Unnamed: 3", "column_1", "x", "A", "0", "Spalte2", "列1", "field7"])
def test_names_that_say_nothing(name: str) -> None:
    assert is_meaningless(name)
    assert scores(name) == {}


@pytest.mark.parametrize("name", ["status", "phone", "Preis", "assignee", "agent_name", "message_count"])
def test_names_of_other_things(name: str) -> None:
    assert scores(name) == {}


ODD = [
    [{"a": None}, {"a": float("nan")}],
    [{"": "x", "b": ""}] * 3,
    [{"a": [], "b": {}}, {"a": [1, 2], "b": {"c": [1]}}],
    [{"messages": "[broken"}, {"messages": "[1, 2]"}],
    [{"conversation": [["a", "b"], 3]}],
    [{"text": "\ud83d", "label": "\x00"}] * 9,
    [{"a" * 500: "b" * 100_000, "c": "1" * 100_000}] * 3,
    [{"chosen": None, "rejected": None, "prompt": "x"}],
    [{str(i): i for i in range(300)}],
    [{"a.b.c": 1, ".": 2, "..": {"x": 1}}],
]


@pytest.mark.parametrize("rows", ODD, ids=range(len(ODD)))
def test_odd_tables_break_nothing(rows) -> None:  # type: ignore[no-untyped-def]
    shape = shaped(rows)
    assert shape.format
    assert (shape.question or "?").count("?") == 1


def test_alternating_rows_are_sampled_on_both_sides() -> None:
    rows = [
        {"thread": f"t{i // 4}", "from": ("user", "agent")[i % 2], "text": f"some words {i}", "at": "2024-03-12 10:00"}
        for i in range(4000)
    ]
    shape = shaped(rows)
    assert (shape.format, shape.extras["speaker"]) == ("chat_rows", "from")
    assert shape.extras["group"] == "thread"
    assert "by thread into conversations in which agent is the assistant?" in (shape.question or "")


def test_an_answer_with_structure_is_asked_about() -> None:
    rows = [{"context": a, "question": q, "answers": {"text": [a], "answer_start": [0]}} for q, a in EN]
    shape = shaped(rows)
    assert shape.roles == {"prompt": "question", "input": "context", "label": "answers"}
    assert shape.question == "Should the model write the column answers as JSON for each question?"


def test_q_and_a() -> None:
    rows = [{"cust": f"C{i % 3:04d}", "q": f"alpha {i}", "a": f"beta {i}"} for i in range(12)]
    assert shaped(rows).roles == {"prompt": "q", "completion": "a"}
