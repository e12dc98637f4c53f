"""The code in the answer passes the row's tests."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from trainer.rewards.answers import Answer
from trainer.sandbox import grading
from trainer.sandbox.run import run

COLUMNS = ("tests", "test_list", "test")
"""Where a row's tests stand (MBPP's and HumanEval's names too); without any of them the reference is taken."""
SETUP = ("test_setup_code", "test_imports")
"""What goes before them."""
_FENCE = re.compile(r"```[ \t]*(?P<tongue>\w*)[^\n]*\n(?P<code>.*?)(?:```|\Z)", re.DOTALL)
_PYTHON = ("", "python", "python3", "py")


def unit_tests(answers: Sequence[Answer]) -> list[float | None]:
    """The share of the row's tests that the answer's code passes, 0 to 1; None where the row has no test that counts.

    Code is the last fenced block of Python, else the whole answer. It runs in `trainer.sandbox`, whose `run.py` says
    what that holds and what it does not.
    """
    return at_once(_share, answers)


T = TypeVar("T")
R = TypeVar("R")


def at_once(judge: Callable[[T], R], them: Sequence[T]) -> list[R]:
    """Each judged, as many side by side as there are processors."""
    with ThreadPoolExecutor(max(1, min(len(them), os.cpu_count() or 1))) as pool:
        return list(pool.map(judge, them))


def _share(answer: Answer) -> float | None:
    tests = tests_of(answer)
    if fault(tests, entry(answer)):
        return None
    return passed(answer.final, tests, entry(answer))


def passed(text: str, tests: str, entry_point: str = "") -> float:
    """The share of the tests that the code in a written answer passes, 0 to 1."""
    return run(code_in(text), tests, entry_point).score


def code_in(text: str) -> str:
    """The last fenced block of Python, one that was cut off too; the whole text where there is none."""
    blocks = [m["code"] for m in _FENCE.finditer(text) if m["tongue"].lower() in _PYTHON]
    return blocks[-1] if blocks else text


def tests_of(answer: Answer) -> str:
    """The tests of an answer's row, set-up first."""
    known = next((answer.columns[c] for c in COLUMNS if answer.columns.get(c)), answer.reference)
    before = [answer.columns[c] for c in SETUP if answer.columns.get(c)]
    return "\n".join(map(_joined, [*before, known]))


def entry(answer: Answer) -> str:
    """The name that a `check(candidate)` is called with; '' where the row names none."""
    return str(answer.columns.get("entry_point") or "")


def _joined(value: Any) -> str:
    """Tests as one text: a list, a list written as JSON, or the text itself."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def fault(tests: str, entry_point: str = "") -> str | None:
    """Why a row's tests can't score anything; None where they can. Nothing is run."""
    try:
        found = grading.steps(tests, entry_point)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"they are no Python ({str(error)[:100]})"
    return None if any(step.counts for step in found) else "they hold no assert and no test function"
