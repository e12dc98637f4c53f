"""Answers that are programs: the tests of their row decide, in the sandbox; nothing else is taken for tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.data.convert import Example
from trainer.data.profile import rows_only
from trainer.evaluation import programs
from trainer.evaluation.kinds import kind_of
from trainer.evaluation.scores import scored
from trainer.evaluation.table import details, table
from trainer.evaluation.verdicts import verdict

ADD = "def add(a, b):\n    return a + b"
TESTS = "assert add(1, 2) == 3\nassert add(0, -1) == -1"


def row(number: int, name: str = "add", sign: str = "+") -> Example:
    tests = (
        f"assert {name}{number}(1, 2) == {eval(f'1 {sign} 2')}\nassert {name}{number}(5, 5) == {eval(f'5 {sign} 5')}"
    )
    code = f"def {name}{number}(a, b):\n    return a {sign} b"
    return Example(number, (("user", f"write {name}{number}"), ("assistant", code)), columns=(("tests", tests),))


@pytest.mark.parametrize(
    ("answer", "all_of_them", "share"),
    [
        (ADD, 1, 1),
        (f"Here it is:\n```python\n{ADD}\n```\nThat adds.", 1, 1),
        ("def add(a, b):\n    return 3", 0, 0.5),
        ("def plus(a, b):\n    return a + b", 0, 0),
        ("I can't write code", 0, 0),
        ("", 0, 0),
        ("import os\nos._exit(0)", 0, 0),
    ],
)
def test_what_passes_is_right(answer: str, all_of_them: float, share: float) -> None:
    asked = Example(1, (("user", "add"), ("assistant", ADD)), columns=(("tests", TESTS),))
    tests = programs.tests(asked)
    assert scored("pass_at_1", [answer], [tests])[0] == all_of_them
    assert scored("tests_passed", [answer], [tests])[0] == share


def test_rows_without_tests_are_no_programs() -> None:
    plain = Example(1, (("user", "add"), ("assistant", "assert that you are kind")))
    assert programs.tests(plain) == ""
    assert programs.tests(replace(plain, columns=(("tests", "see the file"),))) == ""
    assert kind_of(["def f(): pass"] * 3, False, [False] * 3).name != "code"
    assert kind_of(["def f(): pass"] * 3, False, [True] * 3).name == "code"


def test_humaneval_and_mbpp_columns_are_read() -> None:
    human = (("test", "def check(candidate):\n    assert candidate(1, 2) == 3"), ("entry_point", "add"))
    listed = (("test_list", json.dumps(TESTS.splitlines())), ("test_setup_code", "import math"))
    for columns in (human, listed):
        asked = Example(1, (("user", "add"), ("assistant", ADD)), columns=columns)
        assert scored("pass_at_1", [ADD, "def add(a, b): return 0"], [programs.tests(asked)] * 2).tolist() == [1, 0]


def test_the_table_of_programs_goes_by_their_tests() -> None:
    rows = [row(i, sign="+" if i % 2 else "*") for i in range(1, 13)]
    wrong = [f"def add{i}(a, b):\n    return 0" for i in range(1, 13)]
    kind = kind_of([r.answer for r in rows], False, [bool(programs.tests(r)) for r in rows])
    found = table(kind, rows, {"tuned": [r.answer for r in rows], "few_shot": wrong, "constant": [wrong[0]] * 12}, {})
    tuned = found.line("tuned")
    assert tuned is not None and tuned.figure.value == 1 and tuned.also["tests_passed"].value == 1
    assert tuned.dealt is not None and tuned.dealt.gap.value == 1, "another row's program passes nothing"
    told = verdict(found)
    assert told["better"] is True and "pass@1" in told["sentence"]
    assert details(kind, rows, [r.answer for r in rows], wrong)["worst"] == []


def test_a_rows_tests_are_kept_beside_it_whatever_the_method(tmp_path: Path) -> None:
    path = tmp_path / "code.jsonl"
    lines = [
        {"prompt": f"write add{i}", "completion": row(i).answer, "tests": dict(row(i).columns)["tests"], "note": "x"}
        for i in range(1, 21)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    found = rows_only(path, {"prompt": "prompt", "completion": "completion"})
    kept = found.with_columns(programs.COLUMNS)
    assert [name for name, _ in kept[0].columns] == ["tests"] and programs.tests(kept[0])
    assert found.with_columns(("elsewhere",)) is found.examples
