"""A probe for real on the tiny model, and where it refuses."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.trainer.estimates.plans import plan
from trainer import probing
from trainer.data.convert import Example
from trainer.errors import UserFacingError
from trainer.estimates import kept
from trainer.estimates.samples import drawn, size
from trainer.proposal import Proposal, propose, survey
from trainer.runs import RunStore
from trainer.wishes import Wishes

WISHES = Wishes(goal="g", max_steps=10, per_device_train_batch_size=4, gradient_accumulation_steps=1)
PATIENT = 300.0
"""Seconds: other tests may hold the processor."""


@pytest.fixture
def proposal(home: Path, qa_file: Path) -> Proposal:
    return propose(qa_file, WISHES)


def test_real_steps_are_measured_and_kept(proposal: Proposal, qa_file: Path, home: Path) -> None:
    facts = survey(qa_file, WISHES).facts
    seen: list[float] = []
    found = probing.probe(proposal, facts, watch=lambda passed, limit: seen.append(passed), limit=PATIENT)
    assert seen
    assert found.typical.seconds > 0 and found.typical.tokens > 0
    assert found.longest.tokens >= 0.9 * found.typical.tokens
    assert 0.2 < found.process_gb < found.train_gb <= found.peak_gb < 8
    assert found.checkpoint_bytes > 1000 and found.save_seconds > 0
    assert found.call_seconds > 0 and 1 <= found.calls <= proposal.plan.evaluation.max_new_tokens
    assert found.startup_seconds > 1
    assert not list(home.glob("probe-*")), "its folder is gone"
    assert not RunStore(home).all(), "it is no run"

    began = time.perf_counter()
    assert probing.probe(proposal, facts) == found
    assert time.perf_counter() - began < 2, "kept"
    again = propose(qa_file, WISHES)
    assert again.estimates.time.basis == again.estimates.memory.basis == "probe"
    assert again.hash == proposal.hash, "a measurement changes no plan"


def test_beside_a_run_nothing_is_measured(proposal: Proposal, qa_file: Path, home: Path) -> None:
    run, _ = RunStore(home).create(proposal, "yes")
    with pytest.raises(UserFacingError, match=f"{run.id} holds this machine"):
        probing.probe(proposal, survey(qa_file, WISHES).facts)


def test_weights_that_are_not_here_can_not_be_measured(home: Path, qa_file: Path) -> None:
    wishes = WISHES.model_copy(update={"base_model": "Qwen/Qwen2.5-0.5B-Instruct"})
    with pytest.raises(UserFacingError, match="not on this machine"):
        probing.probe(propose(qa_file, wishes), survey(qa_file, wishes).facts)


def test_a_watch_may_end_it(proposal: Proposal, qa_file: Path, home: Path) -> None:
    def stop(passed: float, limit: float) -> None:
        raise UserFacingError("ended by you")

    facts = survey(qa_file, WISHES).facts
    with pytest.raises(UserFacingError, match="ended by you"):
        probing.probe(proposal, facts, watch=stop)
    assert not list(home.glob("probe-*"))
    assert kept.known(proposal.plan, facts) is None


def _rows(count: int) -> list[Example]:
    lot = random.Random(1)
    return [Example(i, (("user", "x" * lot.randint(5, 400)), ("assistant", "y"))) for i in range(count)]


def test_ordinary_rows_have_the_mean_of_all() -> None:
    rows = _rows(500)
    found = drawn(rows, plan(per_device_train_batch_size=8), 100, (1, 2, 5))
    assert len(found.rows) == 8 * 8
    usual = [size(e) for e in found.rows[:8] + found.rows[24:]]
    assert sum(usual) / len(usual) == pytest.approx(sum(map(size, rows)) / len(rows), rel=0.05)
    heavy = [size(e) for e in found.rows[8:16]]
    assert sum(heavy) > 1.2 * sum(usual) / 6


def test_padded_rows_are_as_heavy_as_the_longest() -> None:
    rows = _rows(200)
    found = drawn(rows, plan("dpo", per_device_train_batch_size=4), 500, (1, 2, 5))
    assert max(size(e) for e in found.rows[4:8]) >= 0.98 * max(map(size, rows))
