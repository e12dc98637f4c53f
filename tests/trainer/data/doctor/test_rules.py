"""Each rule of the doctor: what it finds, which rows, and what it leaves alone."""

from __future__ import annotations

import pytest

from tests.trainer.data.doctor.conftest import examined, pairs
from tests.trainer.data.fault_cases import ASKED as ENGLISH
from trainer.data import tokenizer
from trainer.data.doctor.labels import variants
from trainer.data.doctor.languages import language_of
from trainer.data.doctor.words import finding, table
from trainer.data.repair.steps import Recipe
from trainer.data.sources.source import Row
from trainer.paths import BUILTIN_MODEL


def test_clean_rows_give_no_warning() -> None:
    found = examined(pairs(ENGLISH)).found
    warned = {rule for rule in found if table()[rule.split(":")[0]]["severity"] == "warn"}
    assert warned == {"too_little_data"}


def test_repeats_keep_the_first() -> None:
    rows = [*pairs(ENGLISH), {"question": ENGLISH[3], "answer": pairs(ENGLISH)[3]["answer"]}]
    found = examined(rows)
    assert found.rows("exact_duplicates") == {13}
    assert [list(g) for g in found.groups["exact_duplicates"]] == [[4, 13]]


def test_faulty_rows_repeat_only_as_whole_rows() -> None:
    rows: list[Row] = [{"question": "same question here", "answer": ""}] * 2 + [{"question": "other", "answer": ""}]
    found = examined([*rows, *pairs(ENGLISH)])
    assert found.rows("exact_duplicates") == {2}
    assert found.rows("rows_empty") == {1, 2, 3}


def test_one_prompt_with_two_labels() -> None:
    rows = [{"text": t, "label": "ab"[i % 2]} for i, t in enumerate(ENGLISH * 3)]
    rows += [{"text": ENGLISH[0].upper(), "label": "b"}]
    assert examined(rows).rows("contradictory_labels") >= {1, len(rows)}


def test_one_question_with_two_answers() -> None:
    found = examined([*pairs(ENGLISH), {"question": ENGLISH[0], "answer": "Something else entirely."}])
    assert found.rows("contradictory_answers") == {1, 13}


@pytest.mark.parametrize(
    ("counts", "mapping"),
    [
        ({"Billing": 50, "billing ": 3, "BILLING": 2, "Login": 40}, {"billing ": "Billing", "BILLING": "Billing"}),
        ({"delivery": 80, "delivry": 2, "refund": 60}, {"delivry": "delivery"}),
        ({"level 1": 50, "level 2": 2}, {}),
        ({"positive": 50, "negative": 45}, {}),
        ({"yes": 10, "no": 1}, {}),
    ],
)
def test_spellings_of_a_label(counts: dict[str, int], mapping: dict[str, str]) -> None:
    from collections import Counter

    assert variants(Counter(counts)) == mapping


def test_rare_and_unbalanced_labels() -> None:
    rows = [{"text": f"{t} {i}", "label": "common"} for i, t in enumerate(ENGLISH * 5)]
    rows += [{"text": f"a rare thing happened here {i}", "label": "rare"} for i in range(3)]
    found = examined(rows)
    assert found.rows("rare_labels") == {61, 62, 63}
    assert found.found["label_imbalance"].facts["few"] == 3


def test_one_label_is_a_blocker() -> None:
    rows = [{"text": t, "label": "same"} for t in ENGLISH * 2]
    assert finding(examined(rows, label="label").found["one_label"]).severity == "blocker"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Guten Tag, ich habe meine Rechnung immer noch nicht bekommen", "de"),
        ("¿Dónde está mi pedido? Lo compré hace dos semanas y no llega", "es"),
        ("请问我的订单什么时候发货", "zh"),
        ("注文した商品がまだ届いていません", "ja"),
        ("Where is my order? I bought it two weeks ago", "en"),
        ("ok", ""),
        ("12345 67890 12345 67890", ""),
    ],
)
def test_languages(text: str, code: str) -> None:
    assert language_of(text) == code


def test_rows_in_another_language_are_named() -> None:
    foreign = ["Guten Tag, ich habe meine Rechnung immer noch nicht bekommen", "¿Dónde está mi pedido? No llega nunca"]
    rows = pairs(ENGLISH) + [{"question": t, "answer": t} for t in foreign]
    assert examined(rows).rows("mixed_languages") == {13, 14}


def test_signatures_are_boilerplate_and_instructions_are_not() -> None:
    signed = [
        {
            "question": f"Sort this mail by its topic, please.\n{t}",
            "answer": f"It is about thing {i}.\nYour team at Northwind Support Ltd.",
        }
        for i, t in enumerate(ENGLISH)
    ]
    found = examined(signed).found["boilerplate"]
    assert found.count == 12
    assert list(found.facts["all"]) == ["Your team at Northwind Support Ltd."]


def test_turns_out_of_order_and_without_answers() -> None:
    def chat(*roles: str) -> Row:
        return {"messages": [{"role": r, "content": f"{r} says a thing"} for r in roles]}

    rows = [chat("user", "assistant"), chat("user", "user", "assistant"), chat("user"), chat("wizard", "assistant")]
    found = examined(rows)
    assert found.rows("role_order") == {2}
    assert found.rows("rows_no_answer") == {3}
    assert found.rows("rows_unknown_role") == {4}


def test_preference_pairs() -> None:
    rows = [
        {"prompt": t, "chosen": f"a long and careful answer, number {i}", "rejected": f"no, {i}"}
        for i, t in enumerate(ENGLISH * 2)
    ]
    rows += [{"prompt": "q", "chosen": "same", "rejected": "same"}]
    rows += [{"prompt": "q2", "chosen": "no, 3", "rejected": "a long and careful answer, number 3"}]
    found = examined(rows)
    assert found.rows("pref_equal") == {25}
    assert found.rows("pref_swapped") == {4, 26}
    assert found.found["pref_length_bias"].facts["side"] == "longer"


def test_the_files_own_split_leaks() -> None:
    rows = [{**row, "split": "train" if i < 9 else "test"} for i, row in enumerate(pairs(ENGLISH))]
    rows.append({"question": ENGLISH[0] + "!", "answer": rows[0]["answer"], "split": "test"})
    assert examined(rows).rows("split_leak") == {13}


def test_line_breaks_inside_cells() -> None:
    rows = [*pairs(ENGLISH), {"question": "a\nb c d", "answer": "fine"}]
    assert examined(rows, kind="csv").rows("embedded_newlines") == {13}
    broken = [{**row, "answer": f"{row['answer']}\nYours"} for row in pairs(ENGLISH)]
    assert not examined(broken, kind="jsonl").rows("embedded_newlines")


def test_mixed_types_holes_and_empty_columns() -> None:
    rows: list[Row] = [{"question": t, "answer": "007", "note": None, "extra": "x"} for t in ENGLISH]
    rows[4]["answer"] = {"a": 1}
    rows[5]["extra"] = ""
    found = examined(rows, prompt="question", completion="answer").found
    assert list(found["mixed_types"].rows) == [5]
    assert found["mixed_types"].facts["column"] == "answer"
    assert found["empty_column"].facts["column"] == "note"
    assert list(found["missing_values"].rows) == [6]


def test_lengths_say_what_a_shorter_limit_would_cut() -> None:
    from trainer.data.doctor.batch import Batch
    from trainer.data.doctor.lengths import RowLengths
    from trainer.data.formats import Shape

    shape = Shape("prompt_completion", {"prompt": "q", "completion": "a"})
    rows: list[Row] = [{"q": "hello there", "a": "word " * n} for n in (5, 50, 400)]
    lengths = RowLengths(tokenizer.load(str(BUILTIN_MODEL)), 3)
    lengths.see(Batch(1, rows, shape))
    told = lengths.lengths()
    assert told is not None
    lost = {c.max_length: c.answer_lost for c in told.choices}
    assert lost[128] > lost[256] > 0
    assert told.choices[-1].answer_lost == 0
    assert sum(n for _, n in lengths.histogram()) == 3


def test_personal_data_in_a_column_without_a_role_is_told_too() -> None:
    rows = [{**row, "customer": f"person{i}@example.org"} for i, row in enumerate(pairs(ENGLISH))]
    found = examined(rows, prompt="question", completion="answer").found["pii_email"]
    assert found.count == 12
    assert found.facts["columns"] == "customer"


def test_control_tokens_are_those_of_the_model() -> None:
    rows = [*pairs(ENGLISH), {"question": "hi <|im_end|> there", "answer": "fine <|im_start|>system"}]
    assert examined(rows, tokenizer.load(str(BUILTIN_MODEL))).rows("control_tokens") == {13}


@pytest.mark.parametrize("rule", sorted(table()))
def test_every_rule_has_words_a_reason_and_a_step_that_exists(rule: str) -> None:
    entry = table()[rule]
    assert entry["severity"] in ("info", "warn", "blocker")
    assert entry["say"]
    assert entry["why"]
    if "step" in entry and not any(str(v).startswith("{") for v in entry["step"].values()):
        Recipe.checked({"steps": [entry["step"]]})
