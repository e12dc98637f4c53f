"""Each method, trained for real by a worker on the tiny model, judged on its sealed rows."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

import pytest

from benchmarks.methods import ADAPTERS, METHODS, data, student
from tests.trainer.lab import Nursery, event, finished, made
from trainer.errors import UserFacingError
from trainer.installed import _BASE, _CONFIGS, check_signatures, fields_of
from trainer.runs import Run

STEPS = 12
SHAPE = {"max_steps": STEPS, "eval_steps": 6, "per_device_train_batch_size": 8, "max_length": 192}
CASES = [name for name in METHODS if name != "sft"]  # sft has tests of its own


def plan_of(folder: Path, name: str, adapter: str = "full", **more: Any) -> Run:
    method = METHODS[name].get("method", name)
    wishes = {"method": method, "tuning": adapter, **ADAPTERS[adapter], **METHODS[name], **SHAPE, **more}
    if method == "distillation":
        wishes["base_model"] = str(student(folder))
    return made(data(folder, method), f"{name}-{adapter}", kind="", **wishes)


@pytest.mark.parametrize("name", CASES)
def test_it_learns_and_is_judged(name: str, home: Path, tmp_path: Path, nursery: Nursery) -> None:
    run = finished(nursery.start(plan_of(tmp_path, name, learning_rate=1e-3)))
    rewarded = name in ("grpo", "rloo")
    values = [r["reward" if rewarded else "loss"] for r in run.history() if ("reward" if rewarded else "loss") in r]
    assert len(values) >= STEPS - 1
    first, last = statistics.mean(values[:4]), statistics.mean(values[-4:])
    assert last > first if rewarded else last < first
    result = run.result()
    assert result["metric"] == run.plan().evaluation.metric
    assert result["verdict"]["sentence"]
    assert event(run, "versions")["trl"]


def test_preference_is_learned_within_a_few_steps(home: Path, tmp_path: Path, nursery: Nursery) -> None:
    run = finished(nursery.start(plan_of(tmp_path, "dpo", learning_rate=1e-3)))
    assert run.result()["tuned"]["value"] == 1.0  # the worse answer is always the same one


def test_a_reward_model_answers_with_a_number_only(home: Path, tmp_path: Path, nursery: Nursery) -> None:
    run = finished(nursery.start(plan_of(tmp_path, "reward_modeling", learning_rate=1e-3)))
    assert run.result()["samples"] == []
    assert run.result()["tuned"]["value"] > 0.9


@pytest.mark.parametrize(
    ("name", "adapter"),
    [("orpo", "prompt_tuning"), ("cpo (simpo)", "prompt_tuning"), ("reward_modeling", "qlora 4bit")],
)
def test_what_trl_alone_stumbles_over(name: str, adapter: str, home: Path, tmp_path: Path, nursery: Nursery) -> None:
    """Logits of learned tokens before each row; a new head narrowed beside quantised weights."""
    run = finished(nursery.start(plan_of(tmp_path, name, adapter, max_steps=3, eval_steps=3)))
    assert all(math.isfinite(row["loss"]) for row in run.history() if "loss" in row)


def test_adalora_keeps_its_best_checkpoint(home: Path, tmp_path: Path, nursery: Nursery) -> None:
    """Its ranks were cut since: the checkpoint fits no model in training any more, and is kept as it lies there."""
    run = finished(nursery.start(plan_of(tmp_path, "grpo", "adalora", eval_steps=3, early_stopping_patience=1000)))
    best = run.checkpoints / run.status()["best_checkpoint"]
    kept = [(folder / "adapter_model.safetensors").read_bytes() for folder in (best, run.model)]
    assert best.name != f"checkpoint-{STEPS}"
    assert kept[0] == kept[1]
    assert run.result()["tuned"]["value"] is not None


@pytest.mark.parametrize("name", METHODS)
def test_a_renamed_argument_of_any_method_is_named(name: str, home: Path, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, name).plan()
    check_signatures(plan)
    known = fields_of((("trl", _CONFIGS[plan.method.method]), *_BASE)) - {"learning_rate"}
    with pytest.raises(UserFacingError, match="learning_rate"):
        check_signatures(plan, frozenset(known))


@pytest.mark.parametrize("adapter", [a for a in ADAPTERS if a not in ("full", "freeze")])
def test_peft_knows_the_arguments_of_every_adapter(adapter: str, home: Path, tmp_path: Path) -> None:
    check_signatures(plan_of(tmp_path, "sft", adapter).plan())
