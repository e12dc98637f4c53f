"""Every method x adapter x wish: a valid plan with a reason for every value, or what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trainer.recipes.making import FORMATS, H100, METHODS, TUNINGS, facts, fitting, model
from trainer.errors import UserFacingError
from trainer.fields import validated
from trainer.recipes.back import wishes_of
from trainer.recipes.derive import derive
from trainer.wishes import Wishes

MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WISHES: dict[str, st.SearchStrategy[Any]] = {
    "method": st.sampled_from(METHODS),
    "tuning": st.sampled_from(TUNINGS),
    "quantization": st.sampled_from(["none", "4bit", "8bit"]),
    "loss_type": st.sampled_from(["sigmoid", "ipo", "simpo", "hinge", "exo_pair", "kto", "dr_grpo", "nope"]),
    "beta": st.sampled_from([0.0, 0.01, 0.1, 2.5]),
    "label_smoothing": st.sampled_from([0.0, 0.1]),
    "reward": st.lists(st.sampled_from(["exact_match", "number", "regex", "length", "judge", "unit_tests", "custom"])),
    "reward_pattern": st.just("[a-z]+"),
    "reward_max_length": st.integers(1, 500),
    "judge_model": st.just("ollama/x"),
    "num_generations": st.integers(2, 16),
    "max_completion_length": st.integers(1, 4096),
    "temperature": st.floats(0.1, 2),
    "use_rslora": st.booleans(),
    "init_lora_weights": st.sampled_from(["default", "gaussian", "pissa", "olora", "eva", "orthogonal"]),
    "freeze_trainable_layers": st.integers(1, 60),
    "num_virtual_tokens": st.integers(1, 100),
    "lora_r": st.integers(1, 256),
    "target_modules": st.sampled_from(["all-linear", ["q_proj"]]),
    "new_tokens": st.just(["<sku>"]),
    "neftune_noise_alpha": st.sampled_from([5.0]),
    "learning_rate": st.floats(1e-7, 0.1),
    "num_train_epochs": st.floats(0.1, 20),
    "max_steps": st.integers(1, 500),
    "per_device_train_batch_size": st.integers(1, 64),
    "gradient_accumulation_steps": st.integers(1, 16),
    "effective_batch_size": st.integers(1, 256),
    "max_length": st.integers(8, 4096),
    "warmup_ratio": st.floats(0, 0.5),
    "warmup_steps": st.integers(0, 50),
    "packing": st.booleans(),
    "padding_free": st.booleans(),
    "train_sampling_strategy": st.sampled_from(["random", "sequential", "group_by_length"]),
    "attn_implementation": st.sampled_from(["per_document", "sdpa", "eager", "flash_attention_2"]),
    "gradient_checkpointing": st.booleans(),
    "torch_compile": st.booleans(),
    "use_liger_kernel": st.booleans(),
    "device": st.sampled_from(["cpu", "cuda"]),
    "num_gpus": st.integers(1, 8),
    "num_processes": st.integers(1, 8),
    "num_nodes": st.integers(1, 4),
    "backend": st.sampled_from(["local", "ray", "hosted"]),
    "max_hours": st.floats(0.001, 10),
    "retention_share": st.floats(0.01, 0.5),
    "retention_path": st.just("general.jsonl"),
    "domain": st.sampled_from(["support", "legal", "health", "finance", "code", "content", "science", "education"]),
    "priority": st.sampled_from(["speed", "quality", "cost", "memory"]),
    "max_samples": st.integers(1, 5000),
}
BASES = ("", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B", "Llama-3.3-70B-Instruct")


@st.composite
def wished(draw: st.DrawFn) -> Wishes:
    """A handful of wishes at once, method and adapter mostly among them."""
    names = draw(st.lists(st.sampled_from(sorted(WISHES)), max_size=5, unique=True))
    names = list(dict.fromkeys([*names, *draw(st.sampled_from([(), ("method",), ("method", "tuning")]))]))
    return Wishes(goal="g", **{name: draw(WISHES[name]) for name in names})


@MANY
@given(
    wishes=wished(),
    form=st.sampled_from(FORMATS),
    base=st.sampled_from(BASES),
    gpus=st.integers(0, 3),
    rows=st.sampled_from([2, 40, 900, 30_000]),
    teacher=st.booleans(),
)
def test_a_plan_with_reasons_or_a_way_out(
    wishes: Wishes, form: str, base: str, gpus: int, rows: int, teacher: bool
) -> None:
    given_facts = facts(
        form, base, gpus=(H100,) * gpus, rows=rows, answers="number", general_format=form, general_rows=40,
        teacher=model("Qwen/Qwen3-32B") if teacher else None,
    )  # fmt: skip
    try:
        plan, reasons = derive(wishes, given_facts)
    except UserFacingError as error:
        assert error.problem and error.fix
        return
    assert plan == validated(plan.model_dump(mode="json"))
    assert set(plan.leaves()) <= set(reasons)
    assert all(reason.why for reason in reasons.values())
    assert derive(wishes, given_facts)[0].digest() == plan.digest()
    _kept_to_the_letter(wishes, plan.leaves())


ADJUSTED = {"retention_share", "train_sampling_strategy"}
"""Said values that the facts or the trainer may bound."""


def _otherwise_said(name: str, wishes: Wishes, leaves: dict[str, Any]) -> bool:
    """LoRA over quantised weights is QLoRA; no other adapter holds them so."""
    if name == "tuning":
        return wishes.tuning == "lora" and leaves["tuning"] == "qlora" and wishes.quantization is not None
    return name == "quantization" and leaves["tuning"] not in ("qlora", "dora")


def _kept_to_the_letter(wishes: Wishes, leaves: dict[str, Any]) -> None:
    for name, value in wishes.said().items():
        if name in leaves and name not in ADJUSTED:
            assert leaves[name] == value or _otherwise_said(name, wishes, leaves), name
    if wishes.effective_batch_size:
        made = leaves["per_device_train_batch_size"] * leaves["gradient_accumulation_steps"] * leaves["num_processes"]
        assert made == wishes.effective_batch_size
    if "num_generations" in leaves:
        made = leaves["per_device_train_batch_size"] * leaves["gradient_accumulation_steps"] * leaves["num_processes"]
        assert made % leaves["num_generations"] == 0


@pytest.mark.parametrize("tuning", [None, *TUNINGS])
@pytest.mark.parametrize("method", METHODS)
def test_each_cell_of_the_table_has_a_plan(method: str, tuning: str | None) -> None:
    if method == "distillation" and tuning in ("prompt_tuning", "prefix_tuning"):
        pytest.skip("refused in a sentence: tests/trainer/recipes/test_choices.py")
    for base in ("", "Qwen/Qwen3-8B"):
        plan, reasons = derive(Wishes(method=method, tuning=tuning), fitting(method, base))
        assert plan.method.method == method
        assert tuning in (None, plan.adapter.tuning)
        assert set(plan.leaves()) <= set(reasons)
        assert reasons["learning_rate"].source


@pytest.mark.parametrize("method", METHODS)
def test_a_plan_leads_back_to_itself(method: str) -> None:
    made = fitting(method)
    plan, _ = derive(Wishes(goal="g", method=method), made)
    again, _ = derive(wishes_of(plan).model_copy(update={"dataset_path": None}), made)
    assert again == plan
