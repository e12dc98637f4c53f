"""What stands beside the data, in plain words: methods, rewards, adapters, teachers, general rows, tokens, places."""

from __future__ import annotations

from typing import Any

import pytest

from agent.builtin.understand import understand
from agent.situation import FileFact, Situation

FILES = [FileFact(path="d.jsonl", rows=100, columns=["prompt", "answer"])]
PLAN = {
    "method": "sft", "learning_rate": 2e-4, "num_train_epochs": 3, "lora_r": 16, "lora_alpha": 32, "tuning": "lora",
    "dataset_path": "d.jsonl", "warmup_ratio": 0.03, "per_device_train_batch_size": 4, "max_length": 512, "seed": 42,
}  # fmt: skip
NONE = Situation(files=FILES)
LAID = Situation(state="plan_proposed", plan=PLAN, files=FILES)
SCORED = Situation(state="plan_proposed", plan=PLAN | {"method": "grpo"}, files=FILES)

CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("use dpo with the ipo loss, beta 0.3", {"method": "dpo", "loss_type": "ipo", "beta": 0.3}),
    ("use simpo instead", {"method": "cpo", "loss_type": "simpo"}),
    ("loss type hinge, label smoothing 0.1", {"loss_type": "hinge", "label_smoothing": 0.1}),
    ("nutze dpo mit beta 0.2", {"method": "dpo", "beta": 0.2}),
    ("use dora with rank 8", {"tuning": "dora", "lora_r": 8}),
    ("rslora rank 64", {"use_rslora": True, "lora_r": 64}),
    ("init with pissa", {"init_lora_weights": "pissa"}),
    ("eva initialisation", {"init_lora_weights": "eva"}),
    ("adalora", {"tuning": "adalora"}),
    ("ia3 please", {"tuning": "ia3"}),
    ("use oft", {"tuning": "oft"}),
    ("use vera", {"tuning": "vera"}),
    ("prompt tuning with 20 virtual tokens", {"tuning": "prompt_tuning", "num_virtual_tokens": 20}),
    ("prefix tuning", {"tuning": "prefix_tuning"}),
    ("only train the last 2 layers", {"tuning": "freeze", "freeze_trainable_layers": 2}),
    ("freeze everything except the last 3 layers", {"tuning": "freeze", "freeze_trainable_layers": 3}),
    ("nur die letzten 2 Schichten trainieren", {"tuning": "freeze", "freeze_trainable_layers": 2}),
    ("usa qlora con 8 bits", {"tuning": "qlora", "quantization": "8bit"}),
    ("add neftune noise 5", {"neftune_noise_alpha": 5}),
    ("add <order> and <sku> as tokens", {"new_tokens": ["<order>", "<sku>"]}),
    ("add order_id and sku as new tokens", {"new_tokens": ["order_id", "sku"]}),
    ("füge <order> und <sku> als Tokens hinzu", {"new_tokens": ["<order>", "<sku>"]}),
    (
        "don't forget general knowledge, mix in general.jsonl 10 %",
        {"retention_path": "general.jsonl", "retention_share": 0.1},
    ),
    ("this is for the legal domain", {"domain": "legal"}),
    ("use 2 processes", {"num_processes": 2}),
    ("2 Prozesse bitte", {"num_processes": 2}),
    ("spread it over 3 machines", {"num_nodes": 3}),
    ("on 4 gpus", {"num_gpus": 4}),
    ("on my ray cluster at ray://head:10001", {"backend": "ray", "address": "ray://head:10001"}),
    ("train it at https://tune.example.com/v1", {"backend": "hosted", "address": "https://tune.example.com/v1"}),
    ("my gpu costs 1.20 an hour", {"gpu_price_per_hour": 1.2}),
    ("the card is $2/hour", {"gpu_price_per_hour": 2}),
    ("use Qwen3-8B as the teacher", {"teacher_model": "Qwen/Qwen3-8B", "method": "distillation"}),
)
REWARDS: tuple[tuple[str, dict[str, Any]], ...] = (
    (r"score with regex '^\d{4}$'", {"reward": "regex", "reward_pattern": r"^\d{4}$"}),
    (r"score with regex ^\d{4}$ please", {"reward": "regex", "reward_pattern": r"^\d{4}$"}),
    ("reward answers shorter than 200 characters", {"reward": "length", "reward_max_length": 200}),
    ("reward valid json and exact matches", {"reward": ["exact_match", "json_valid"]}),
    ("use my own reward.py", {"reward": "custom", "reward_file": "reward.py"}),
    ("let gpt-4o-mini judge", {"reward": "judge", "judge_model": "gpt-4o-mini"}),
    ("the unit tests must pass", {"reward": "unit_tests"}),
    ('reward this json schema {"type": "object"}', {"reward": "json_schema", "reward_schema": {"type": "object"}}),
    ("recompensa las respuestas exactas", {"reward": "exact_match"}),
    ("奖励完全一致的答案", {"reward": "exact_match"}),
)
GOALS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("train with dpo on this", {"method": "dpo"}),
    ("make a reward model from this", {"method": "reward_modeling"}),
    (
        "grpo on this, reward exact matches, 8 samples per prompt, answers up to 256 tokens",
        {"method": "grpo", "reward": "exact_match", "num_generations": 8, "max_completion_length": 256},
    ),
    ("train it and reward valid json", {"method": "grpo", "reward": "json_valid"}),
    (
        "distill from Qwen3-8B into Qwen3-0.6B on this data",
        {"method": "distillation", "teacher_model": "Qwen/Qwen3-8B", "base_model": "Qwen/Qwen3-0.6B"},
    ),
    (
        "train on d.jsonl and mix in general.jsonl 10 % so it doesn't forget",
        {"dataset_path": "d.jsonl", "retention_path": "general.jsonl", "retention_share": 0.1},
    ),
)


def heard(text: str, situation: Situation, intent: str, wanted: dict[str, Any]) -> None:
    read = understand(text, situation)
    assert read.intent == intent
    assert {k: read.slots.get(k) for k in wanted} == wanted


@pytest.mark.parametrize(("text", "wanted"), CHANGES)
def test_a_change_of_the_plan(text: str, wanted: dict[str, Any]) -> None:
    heard(text, LAID, "revise_plan", wanted)


@pytest.mark.parametrize(("text", "wanted"), REWARDS)
def test_what_scores_the_answers(text: str, wanted: dict[str, Any]) -> None:
    heard(text, SCORED, "revise_plan", wanted)


@pytest.mark.parametrize(("text", "wanted"), GOALS)
def test_a_first_plan(text: str, wanted: dict[str, Any]) -> None:
    heard(text, NONE, "propose_plan", wanted)


@pytest.mark.parametrize("text", ["measure it first", "how long exactly?", "miss erst mal", "先测一下", "mide primero"])
def test_measuring_comes_before_approving(text: str) -> None:
    assert understand(text, LAID).intent == "probe_plan"


@pytest.mark.parametrize(
    ("text", "unheard"),
    [
        ("teach a model to answer like our teacher does in emails", {"method", "teacher_model"}),
        ("a bot that gives the correct answer about our IPO filings", {"method", "reward", "loss_type"}),
        ("it must be done within 1 hour", {"gpu_price_per_hour"}),
        ("it oft fails when Vera and Eva write", {"tuning", "init_lora_weights"}),
        ("summarise reports about 3 processes in a factory plant", {"method", "backend"}),
        ("it learns from the docs at https://example.com/docs", {"backend", "address"}),
    ],
)
def test_everyday_words_are_no_orders(text: str, unheard: set[str]) -> None:
    assert not unheard & understand(text, NONE).slots.keys()


def test_what_is_added_stands_beside_what_is_there() -> None:
    plan = PLAN | {"method": "grpo", "rewards": [{"kind": "number"}], "new_tokens": ["<a>"]}
    there = Situation(state="plan_proposed", plan=plan, files=FILES)
    heard("also reward valid json", there, "revise_plan", {"reward": ["number", "json_valid"]})
    heard("reward valid json instead", there, "revise_plan", {"reward": "json_valid"})
    heard("add <b> as a token", there, "revise_plan", {"new_tokens": ["<a>", "<b>"]})
