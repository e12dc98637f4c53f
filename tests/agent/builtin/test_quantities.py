from __future__ import annotations

import pytest

from agent.builtin.quantities import numbers, without_corrected
from agent.builtin.text import read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("5E-5", 5e-5),
        ("3e minus five", 3e-5),
        ("two e minus four", 2e-4),
        (".05", 0.05),
        ("seven", 7),
        ("twenty four", 24),
        ("fünf", 5),
        ("cuatro", 4),
        ("०.५", 0.5),
        ("৮", 8),
        ("2,400", 2400),
    ],
)
def test_numbers_are_read(text: str, value: float) -> None:
    wording = {"fünf": "nimm fünf bitte", "cuatro": "pon cuatro por favor"}.get(text, text)
    assert [n.value for n in numbers(read(wording).order)] == [pytest.approx(value)]


@pytest.mark.parametrize(("text", "mark"), [("3%", "%"), ("3 percent", "%"), ("4k", "k"), ("10x", "x"), ("7", "")])
def test_marks_are_kept(text: str, mark: str) -> None:
    assert numbers(read(text).order)[0].mark == mark


@pytest.mark.parametrize("text", ["run-7", "q4_k_m", "qwen3", "checkpoint-300", "v0.3"])
def test_names_are_no_numbers(text: str) -> None:
    assert numbers(text) == []


@pytest.mark.parametrize(
    ("text", "left"), [("4 no 6", [6]), ("16, sorry, 8", [8]), ("3e-4 not 2e-4", [3e-4]), ("4 and 6", [4, 6])]
)
def test_what_is_taken_back_is_gone(text: str, left: list[float]) -> None:
    assert [n.value for n in numbers(without_corrected(text))] == left
