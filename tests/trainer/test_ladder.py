"""Out of memory: rungs that learn the same, and the lock around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer import lab
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, diff, replace
from trainer.ladder import ALLOWED, check_scope, next_rung, repaired
from trainer.plan import Plan
from trainer.proposal import propose
from trainer.wishes import Wishes


@pytest.fixture
def plan(home: Path, qa_file: Path) -> Plan:
    return propose(qa_file, Wishes(goal="t", dataset_path=str(qa_file), **lab.SHORT)).plan


def climbed(plan: Plan) -> list[Plan]:
    out = [plan]
    while (rung := next_rung(out[-1])) is not None:
        out.append(rung[0])
        assert len(out) < 30
    return out


def test_rungs_of_a_processor(plan: Plan) -> None:
    plan = replace(plan, {"per_device_train_batch_size": 12, "gradient_accumulation_steps": 2})
    rungs = climbed(plan)
    batches = [(p.schedule.per_device_train_batch_size, p.schedule.gradient_accumulation_steps) for p in rungs]
    assert batches == [(12, 2), (6, 4), (3, 8), (1, 24), (1, 24)]
    assert rungs[-1].compute.gradient_checkpointing
    assert not rungs[-1].compute.activation_offloading


def test_rungs_of_a_gpu_end_with_offloading(plan: Plan) -> None:
    last = climbed(replace(plan, {"device": "cuda"}))[-1]
    assert last.compute.activation_offloading
    assert next_rung(last) is None


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 64), pieces=st.integers(1, 9), device=st.sampled_from(["cpu", "cuda"]))
def test_every_rung_sees_the_same_rows(rows: int, pieces: int, device: str) -> None:
    plan = _PLAN[0]
    start = replace(
        plan, {"per_device_train_batch_size": rows, "gradient_accumulation_steps": pieces, "device": device}
    )
    for rung in climbed(start):
        assert rung.effective_batch_size == rows * pieces
        assert diff(start, rung).keys() <= ALLOWED


_PLAN: list[Plan] = []


@pytest.fixture(autouse=True)
def _one_plan(plan: Plan) -> None:
    """Hypothesis shares no fixtures between examples: the plan is laid out once."""
    _PLAN[:] = [plan]


OTHERS: dict[str, Any] = {
    "learning_rate": 1e-5,
    "max_length": 17,
    "max_steps": 7,
    "seed": 1,
    "device": "cuda",
    "precision": "bf16",
    "num_processes": 2,
    "lora_r": 3,
    "goal": "another",
    "eval_steps": 9,
    "weight_decay": 0.5,
    "dataset_path": "other.csv",
    "max_hours": 1.0,
    "optim": "sgd",
    "backend": "ray",
    "base_model": "other",
}


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_may_change(plan: Plan, name: str) -> None:
    assert name not in ALLOWED
    changed = replace(plan, {name: OTHERS[name]})
    with pytest.raises(UserFacingError, match="scope lock"):
        check_scope(plan, changed)
    with pytest.raises(UserFacingError, match="may not change"):
        repaired(plan, [{"changes": {name: OTHERS[name]}}])


def test_the_batch_may_not_change_alone(plan: Plan) -> None:
    with pytest.raises(UserFacingError, match="effective batch"):
        check_scope(plan, replace(plan, {"per_device_train_batch_size": 2}))


def test_the_list_names_fields_of_the_plan() -> None:
    assert SECTION_OF.keys() >= ALLOWED
