"""Answers that are programs, judged by the tests that stand in their row; run in `trainer.sandbox`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from trainer.data.convert import Example
from trainer.metrics import Scores
from trainer.rewards import code
from trainer.rewards.answers import Answer

COLUMNS = (*code.COLUMNS, *code.SETUP, "entry_point")
"""Columns that are kept beside a row for this, whatever the method."""


def tests(row: Example) -> str:
    """A row's tests as the reference of its answer: [tests, entry point] as JSON; '' where it has none that count."""
    known = Answer("", columns=dict(row.columns))
    found = (code.tests_of(known), code.entry(known))
    return "" if code.fault(*found) else json.dumps(found)


def share_passed(answers: Sequence[str], references: Sequence[str]) -> Scores:
    """The share of its tests that each answer passes, 0 to 1."""
    return np.array(code.at_once(lambda pair: _passed(*pair), list(zip(answers, references, strict=True))), dtype=float)


def all_passed(answers: Sequence[str], references: Sequence[str]) -> Scores:
    """1 where an answer passes every test: pass@1 with one greedy answer (Chen et al. 2021)."""
    return np.floor(share_passed(answers, references))


@lru_cache(maxsize=8192)
def _passed(answer: str, reference: str) -> float:
    return code.passed(answer, *json.loads(reference)) if reference else 0.0
