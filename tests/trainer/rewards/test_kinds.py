"""Each kind that looks at a text: what scores, what does not, what has no score."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared
from trainer.plan.methods import Reward
from trainer.rewards import check, functions, names, weights
from trainer.rewards.answers import said


def scores(reward: Reward, completions: list[Any], **columns: Any) -> list[float | None]:
    (function,) = functions((reward,), Path("/nowhere"))
    return function(prompts=["q"] * len(completions), completions=completions, **columns)


def one(reward: Reward, completion: str, reference: str = "") -> float | None:
    return scores(reward, [completion], reference=[reference])[0]


EXACT, NUMBER, JSON = Reward(kind="exact_match"), Reward(kind="number"), Reward(kind="json_valid")


@pytest.mark.parametrize(
    ("completion", "reference", "score"),
    [
        ("Paris", "paris", 1),
        ("  New\n York ", "new york", 1),
        ("ＡＢＣ", "abc", 1),
        ("Straße", "STRASSE", 1),
        ("ﬁne", "fine", 1),
        ("e\u0301", "é", 1),
        ("<think>perhaps Rome</think> Paris", "Paris", 1),
        ("Paris.", "Paris", 0),
        ("cafe", "café", 0),
        ("", "Paris", 0),
        ("anything", "", None),
        ("anything", "  ", None),
    ],
)
def test_exact_match(completion: str, reference: str, score: float | None) -> None:
    assert one(EXACT, completion, reference) == score


@pytest.mark.parametrize(
    ("completion", "reference", "score"),
    [
        ("#### 42", "40 + 2 = 42\n#### 42", 1),
        ("I think 7, no:\n#### 1,234", "1234", 1),
        ("#### 42\nThat took 3 steps.", "42", 1),
        ("The cost is $3.50.", "3.5", 1),
        ("so x = -2", "-2", 1),
        ("so x = −2", "-2", 1),
        ("-$3", "-3", 1),
        ("$-3", "-3", 1),
        ("10-2", "2", 1),
        ("10 - 2", "-2", 0),
        ("1/2", "0.5", 1),
        ("1 1/2", "1.5", 1),
        ("1½ cups", "1.5", 1),
        ("\\frac{3}{4}", "0.75", 1),
        ("\\boxed{1{,}000}", "1000", 1),
        ("it is **42**.", "42", 1),
        ("42.", "42", 1),
        ("42.0", "42", 1),
        ("50%", "50", 1),
        ("50 %", "0.5", 1),
        ("0.5", "50%", 1),
        ("50 percent", "50", 1),
        ("1e3", "1000", 1),
        ("１２", "12", 1),
        ("٤٢", "42", 1),
        ("1,00,000", "100000", 1),
        ("1\u202f000\u202f000", "1000000", 1),
        ("€12", "12", 1),
        ("Rs.500", "500", 1),
        (".5", "0.5", 1),
        ("5kg", "5", 1),
        ("on 1/2/2020", "2020", 1),
        ("H2O and x1", "2", 0),
        ("41", "42", 0),
        ("42.001", "42", 0),
        ("42.00001", "42", 1),
        ("1450001", "1450000", 0),
        ("1450000.5", "1450000", 1),
        ("no number", "42", 0),
        ("9" * 500, "42", 0),
        ("1/0", "42", 0),
        ("0", "0.0", 1),
        ("42", "none", None),
        ("42", "", None),
    ],
)
def test_number(completion: str, reference: str, score: float | None) -> None:
    assert one(NUMBER, completion, reference) == score


def test_every_reference_of_gsm8k_equals_itself_and_no_other_number() -> None:
    import json

    folder = shared("data/gsm8k")
    files = sorted(folder.glob("*.jsonl"))
    rows = [json.loads(line) for line in files[0].read_text("utf-8").splitlines()][:2000]
    references = [r["answer"] for r in rows]
    plain = [r.rpartition("####")[2].strip() for r in references]
    assert scores(NUMBER, references, reference=references) == [1.0] * len(rows)
    assert scores(NUMBER, [f"The answer is ${p}." for p in plain], reference=references) == [1.0] * len(rows)
    other = [f"{float(p.replace(',', '')) + 1:,.2f}" for p in plain]
    assert scores(NUMBER, other, reference=references) == [0.0] * len(rows)


def test_regex_is_searched_for_and_can_be_anchored() -> None:
    assert scores(Reward(kind="regex", pattern=r"<answer>\d+</answer>"), ["x <answer>4</answer>", "4"]) == [1, 0]
    assert scores(Reward(kind="regex", pattern=r"^\d+$"), ["44", "44 "]) == [1, 0]
    assert scores(Reward(kind="regex", pattern=r"(?s)^<think>.*</think>.+$"), ["<think>a\nb</think> c"]) == [1]


def test_a_catastrophic_pattern_does_not_hang() -> None:
    started = time.monotonic()
    reward = Reward(kind="regex", pattern=r"(a|a)*(a|a)*(a|aa)+$")
    assert scores(reward, ["a" * 60 + "!", "aaa"]) == [None, 1.0]
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("reward", "words"),
    [
        (Reward(kind="regex", pattern="(a"), "can't be read"),
        (Reward(kind="regex", pattern="(?:(?:(?:a{1000}){1000}){1000})"), "too large"),
        (Reward(kind="length", min_length=5, max_length=2), "above max_length"),
        (Reward(kind="json_schema", json_schema={"type": "objekt"}), "faulty"),
        (Reward(kind="json_schema", json_schema={"$ref": "http://example.com/s.json"}), "nothing is fetched"),
        (Reward(kind="json_schema", json_schema={"properties": {"a": {"pattern": "(b"}}}), "not a 'regex'"),
        (Reward(kind="custom", file="/nowhere/reward.py"), "can't be read"),
        (Reward(kind="judge", judge_model="tunesmith/builtin", rubric="x"), "no language model"),
        (Reward(kind="judge", judge_model="ollama/x"), "no rubric"),
    ],
)
def test_what_is_wrong_is_said_before_a_run(reward: Reward, words: str) -> None:
    assert words in (check(reward) or "")


def test_nothing_is_said_where_nothing_is_wrong() -> None:
    good = [
        EXACT,
        NUMBER,
        JSON,
        Reward(kind="regex", pattern="a+"),
        Reward(kind="length", max_length=9),
        Reward(kind="json_schema", json_schema={"type": "object", "properties": {"a": {"pattern": "^b"}}}),
        Reward(kind="unit_tests"),
        Reward(kind="judge", judge_model="ollama/x", rubric="polite"),
    ]
    assert [check(reward) for reward in good] == [None] * len(good)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"a": 1}', 1),
        ("[1, 2]", 1),
        ('Here:\n```json\n{"a": 1}\n```\nThat is it.', 1),
        ('```\n{"a": 1}\n```', 1),
        ('<think>{"b"</think>{"a": 1}', 1),
        ('Here it is: {"a": 1}', 0),
        ('```json\n{"a": 1}\n```\nor\n```json\n{"a": 2}\n```', 0),
        ("{'a': 1}", 0),
        ('{"a": 1,}', 0),
        ('{"a": NaN}', 0),
        ('{"a": 1', 0),
        ("42", 0),
        ('"text"', 0),
        ("null", 0),
        ("[" * 100_000, 0),
        ("1" * 10_000, 0),
        ("", 0),
    ],
)
def test_json_valid(text: str, score: float) -> None:
    assert one(JSON, text) == score


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"name": "Ann", "age": 3}', 1),
        ('```json\n{"name": "Ann", "age": 3}\n```', 1),
        ('{"name": "Ann", "age": -3}', 0.5),
        ('{"name": "ann", "age": 3}', 0.5),
        ('{"name": "Ann"}', 0.5),
        ("{}", 0.25),
        ('{"name": 1, "age": "x", "more": 1}', 0.5 / 3),
        ("[]", 0),
        ("3", 0),
        ("no", 0),
    ],
)
def test_json_schema_pays_more_for_fewer_faults(text: str, score: float) -> None:
    assert one(Reward(kind="json_schema", json_schema=SCHEMA), text) == pytest.approx(score)


def test_a_catastrophic_pattern_in_a_schema_does_not_hang() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^(a|a)*(a|a)*(a|aa)+$"}}}
    started = time.monotonic()
    assert one(Reward(kind="json_schema", json_schema=schema), '{"a": "%s!"}' % ("a" * 60)) == 0.5
    assert time.monotonic() - started < 5


def test_a_schema_that_only_points_to_itself_is_no_dead_run() -> None:
    reward = Reward(kind="json_schema", json_schema={"$ref": "#"})
    assert one(reward, "{}") == 0.0


@pytest.mark.parametrize(
    ("low", "high", "count", "score"),
    [
        (10, 20, 10, 1),
        (10, 20, 20, 1),
        (10, 20, 5, 0),
        (10, 20, 40, 0),
        (10, 20, 8, 0.6),
        (10, 20, 30, 0.5),
        (10, 20, 0, 0),
        (10, 20, 99, 0),
        (10, None, 9999, 1),
        (None, 20, 0, 1),
        (0, 20, 0, 1),
        (1, None, 0, 0),
    ],
)
def test_length(low: int | None, high: int | None, count: int, score: float) -> None:
    assert one(Reward(kind="length", min_length=low, max_length=high), "x" * count) == pytest.approx(score)


def test_messages_are_read_like_strings() -> None:
    chat = [[{"role": "assistant", "content": "Paris"}], [{"role": "assistant", "content": "Rome"}]]
    assert scores(EXACT, chat, reference=["paris"] * 2) == [1, 0]
    assert said([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]) == "ab"
    assert said([{"role": "user", "content": "first"}, {"role": "user", "content": "last"}]) == "last"
    assert said([]) == said(None) == said([{"role": "assistant", "content": None}]) == ""


def test_functions_are_named_and_weighed_in_order() -> None:
    rewards = (NUMBER, Reward(kind="regex", pattern="a", weight=0.2), Reward(kind="regex", pattern="b", weight=3))
    assert [f.__name__ for f in functions(rewards, Path("/nowhere"))] == ["number", "regex", "regex_2"]
    assert names(rewards) == ["number", "regex", "regex_2"]
    assert weights(rewards) == [1.0, 0.2, 3.0]


def test_what_trl_adds_is_no_column_of_a_row() -> None:
    extra = {"completion_ids": [[1]], "trainer_state": object(), "log_metric": print, "log_extra": print}
    assert scores(EXACT, ["a"], reference=["a"], **extra) == [1]
    assert scores(EXACT, ["a"]) == [None]


def code_scores(completions: list[str], **columns: Any) -> list[float | None]:
    return scores(Reward(kind="unit_tests"), completions, **columns)


def test_code_is_scored_by_the_rows_tests() -> None:
    fenced = "Sure:\n```python\ndef f(x):\n    return x + 1\n```\nUse it well."
    cut = "```py\ndef f(x):\n    return x + 1"
    tests = ["assert f(1) == 2", "assert f(2) == 4"]
    assert code_scores([fenced, cut, "def f(x):\n    return 2 * x", "no code"], tests=[tests] * 4) == [0.5, 0.5, 1, 0]


def test_where_tests_may_stand() -> None:
    code = ["def f(x):\n    return math.floor(x)"]
    assert code_scores(["import math\n" + code[0]], reference=["assert f(1.5) == 1"]) == [1]
    assert code_scores(["import math\n" + code[0]], test_list=['["assert f(1.5) == 1"]']) == [1]
    humaneval = "def check(candidate):\n    assert candidate(1.5) == 1\n"
    assert code_scores(["import math\n" + code[0]], test=[humaneval], entry_point=["f"]) == [1]
    assert code_scores(code * 3, tests=["", "x = 1", "assert f(1.5) =="]) == [None, None, None]
