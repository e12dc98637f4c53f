from __future__ import annotations

from typing import Any

import pytest

from agent.builtin import columns, configs, languages, models, runs, searching, values
from agent.builtin.constraints import clock
from agent.builtin.exports import quant
from agent.builtin.text import Scan
from agent.situation import Situation


@pytest.mark.parametrize(
    ("text", "model_id"),
    [
        ("qwen3 8b", "Qwen/Qwen3-8B"),
        ("phi 4 mini", "microsoft/Phi-4-mini-instruct"),
        ("gemma3 4b", "google/gemma-3-4b-it"),
        ("lama 3.1 8b", "meta-llama/Llama-3.1-8B"),
        ("mistral 7b instruct v0.3", "mistralai/Mistral-7B-Instruct-v0.3"),
        ("tinyllama", "TinyLlama/TinyLlama-1.1B-Chat-v1.0"),
        ("用qwen3 4b微调", "Qwen/Qwen3-4B"),
    ],
)
def test_models_are_found(text: str, model_id: str) -> None:
    assert [m.id for m in models.read(Scan(text))] == [model_id]


def test_a_bare_family_is_no_model() -> None:
    assert [m.id for m in models.read(Scan("use gemma"))] == [None]


def test_an_axolotl_file_is_mapped() -> None:
    slots, unknown = configs.read(
        "base_model: a/b-1b\nadapter: lora\nmicro_batch_size: 2\nsequence_len: 512\nflash_attention: true"
    )
    assert slots == {"base_model": "a/b-1b", "tuning": "lora", "per_device_train_batch_size": 2, "max_length": 512}
    assert unknown == ["flash_attention"]


def test_peft_json_and_flags_are_mapped() -> None:
    assert configs.read('{"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]}')[0] == {
        "lora_r": 8,
        "lora_alpha": 16,
        "target_modules": ["q_proj", "v_proj"],
    }
    assert configs.read("--learning_rate 1e-5 --bf16 --num_train_epochs 2")[0] == {
        "learning_rate": 1e-5,
        "bf16": True,
        "num_train_epochs": 2,
    }


def test_plain_words_are_no_configuration() -> None:
    assert configs.read("please set: lr to 1e-4") == ({}, [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cosine instead of linear", {"lr_scheduler_type": "cosine"}),
        ("no packing", {"packing": False}),
        ("packing on", {"packing": True}),
        ("qlora", {"tuning": "qlora", "quantization": "4bit"}),
        ("dont use 4bit", {"quantization": "none"}),
    ],
)
def test_listed_values(text: str, wanted: dict[str, Any]) -> None:
    assert values.read(text) == wanted


def test_search_spaces() -> None:
    assert searching.spaces("lr from 1e-5 to 1e-3 and rank in 4, 8") == {
        "learning_rate": {"low": 1e-5, "high": 1e-3},
        "lora_r": {"choices": [4, 8]},
    }


@pytest.mark.parametrize(
    ("text", "time"),
    [("at 7pm", "19:00"), ("um 18 uhr", "18:00"), ("at 06:30", "06:30"), ("晚上10点", "22:00"), ("in 3 epochs", None)],
)
def test_times_of_day(text: str, time: str | None) -> None:
    assert clock(text) == time


def test_runs_and_checkpoints() -> None:
    known = Situation(runs=[{"run_id": "run-2"}, {"run_id": "run-8"}])
    assert runs.ids("compare run 2 and 8", known) == ["run-2", "run-8"]
    assert runs.checkpoint("use the checkpoint from step 90") == "checkpoint-90"
    assert runs.stopping("stop after this epoch and save") == {"stop_when": "epoch_end", "save_checkpoint": True}


def test_columns_by_word_arrow_and_name() -> None:
    assert columns.said("src is the question, dst is the answer", ["src", "dst"]) == {
        "prompt_column": "src",
        "completion_column": "dst",
    }
    assert columns.arrow("src -> dst", ["src", "dst"]) == {"prompt_column": "src", "completion_column": "dst"}
    assert columns.pair(["id", "question", "answer"]) == {"prompt_column": "question", "completion_column": "answer"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("wie lange dauert das noch", "de"),
        ("¿cuánto falta?", "es"),
        ("où en est-on", "fr"),
        ("还要多久", "zh"),
        ("कब तक", "hi"),
        ("কত বাকি", "bn"),
        ("how long", "en"),
    ],
)
def test_languages(text: str, code: str) -> None:
    assert languages.detect(text) == code


def test_quantisation_names() -> None:
    assert quant("as q5_k_m please") == "Q5_K_M" and quant("gguf q8_0") == "Q8_0" and quant("nothing") is None
