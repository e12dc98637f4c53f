"""The rules while a run goes: nothing is cried early, everything grave is told in time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import SHARED
from trainer.diagnosis.history import History
from trainer.diagnosis.live import HOLDS, LEAST_ROWS, LOOKS, Lookout

PUBLIC = SHARED / "evals" / "curves_public.jsonl"


def told(rows: Sequence[dict[str, Any]], plan: dict[str, Any]) -> list[tuple[str, int]]:
    """(label, step) in the order in which it is told, a look after each logged row."""
    lookout, out = Lookout(), []
    for i in range(1, len(rows) + 1):
        if "loss" in rows[i - 1] or "reward" in rows[i - 1]:
            step = int(rows[i - 1]["step"])
            history = History.from_log(rows[:i], plan, {"status": "running", "last_step": step})
            out += [(f.label, step) for f in lookout.look(history)]
    return out


def rows_of(losses: Sequence[float]) -> list[dict[str, Any]]:
    return [{"step": n, "loss": x, "grad_norm": 1.0, "learning_rate": 1e-4} for n, x in enumerate(losses, start=1)]


def calm(count: int) -> list[float]:
    return [2.0 - 0.01 * n + 0.02 * (n % 3) for n in range(count)]


def test_a_calm_run_is_told_nothing() -> None:
    assert told(rows_of(calm(60)), {"method": "sft", "max_steps": 60}) == []


def test_a_spike_that_heals_is_no_divergence() -> None:
    found = told(rows_of([*calm(30), 6.0, *calm(30)]), {"method": "sft", "max_steps": 61})
    assert [label for label, _ in found] == ["bad_batch"]


def test_a_divergence_is_told_while_it_goes_and_once() -> None:
    climb = [3.0, 5.0, *[8.0 + 0.01 * n for n in range(40)]]
    found = told(rows_of([*calm(30), *climb]), {"method": "sft", "max_steps": 200})
    assert [label for label, _ in found] == ["divergence"]
    assert 32 < found[0][1] < 50


def test_too_little_is_no_ground() -> None:
    assert told(rows_of([0.0] * (LEAST_ROWS - 1)), {"method": "sft", "max_steps": 60}) == []


def test_what_holds_a_run_is_also_told() -> None:
    assert set(LOOKS) >= HOLDS


@pytest.mark.skipif(not PUBLIC.is_file(), reason="the public histories are not here")
def test_on_all_public_histories_live() -> None:
    """No healthy run is alarmed; every label that is told live is told before the end."""
    items = [json.loads(line) for line in PUBLIC.read_text("utf-8").splitlines()]
    alarmed, late = [], []
    for item in items:
        labels = [label for label, _ in told(item["history"], item["plan"])]
        if item["labels"] == ["healthy"] and labels:
            alarmed.append(item["id"])
        late += [(item["id"], label) for label in item["labels"] if label in LOOKS and label not in labels]
    assert alarmed == []
    assert late == []
