"""Trained numbers are counted exactly: PEFT's own count is the judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.trainer.estimates.plans import ADAPTERS, plan
from trainer import base_models
from trainer.estimates import trainable
from trainer.facts import ModelFacts
from trainer.methods.arguments import adapter_arguments
from trainer.paths import BUILTIN_MODEL

BESIDE = [name for name in ADAPTERS if name not in ("full", "freeze")]
GQA = {"hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 3, "num_attention_heads": 6}
GQA |= {"num_key_value_heads": 2, "vocab_size": 320, "head_dim": 16}


@pytest.fixture(scope="module", params=["built-in", "llama, shared heads", "qwen2, own head"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModelFacts]:
    """Folder and facts of three architectures."""
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    if request.param == "built-in":
        return BUILTIN_MODEL, base_models.resolve(None)
    kinds = {"l": (LlamaForCausalLM, LlamaConfig, True), "q": (Qwen2ForCausalLM, Qwen2Config, False)}
    kind, config, tied = kinds[request.param[0]]
    folder = tmp_path_factory.mktemp("model")
    kind(config(**GQA, tie_word_embeddings=tied)).save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}")
    return folder, base_models.from_folder(folder, str(folder))


@pytest.mark.parametrize("tuning", BESIDE)
def test_the_count_is_pefts(model: tuple[Path, ModelFacts], tuning: str) -> None:
    import peft
    from transformers import AutoModelForCausalLM

    folder, facts = model
    if tuning == "vera" and facts.head_dim == 16:
        pytest.skip("PEFT's VeRA wants like shapes under one name")
    wanted = plan(tuning=tuning)
    name, arguments = adapter_arguments(wanted, 100) or ("", {})
    tuned = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(folder), getattr(peft, name)(**arguments))
    assert trainable(wanted, facts) == tuned.get_nb_trainable_parameters()[0]


def test_frozen_layers_are_left_out(model: tuple[Path, ModelFacts]) -> None:
    from trainer.methods import models
    from trainer.methods.models import read_model

    folder, facts = model
    for more in ({}, {"train_embeddings": True}):
        wanted = plan(tuning="freeze", **more)
        loaded = read_model(wanted, folder)
        models._freeze(loaded, wanted.adapter)
        assert trainable(wanted, facts) == sum(p.numel() for p in loaded.parameters() if p.requires_grad)
    assert trainable(plan(tuning="full"), facts) == sum(p.numel() for p in loaded.parameters())


def test_a_large_model_is_counted_from_the_table_alone() -> None:
    """Llama-3.1-8B on the meta device: its weights take no memory, its adapter is PEFT's."""
    import peft
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    row = next(r for r in base_models.table() if r["id"].endswith("Llama-3.1-8B-Instruct"))
    facts = base_models._from_table(row)
    config = LlamaConfig(
        hidden_size=row["hidden_size"],
        intermediate_size=row["intermediate_size"],
        num_hidden_layers=row["num_layers"],
        num_attention_heads=row["num_heads"],
        num_key_value_heads=row["num_kv_heads"],
        vocab_size=row["vocab_size"],
    )
    with torch.device("meta"):
        large = LlamaForCausalLM(config)
        wanted = plan(tuning="lora")
        name, arguments = adapter_arguments(wanted, 100) or ("", {})
        tuned = peft.get_peft_model(large, getattr(peft, name)(**arguments))
    assert trainable(wanted, facts) == tuned.get_nb_trainable_parameters()[0] == 41_943_040
    assert not facts.tied


def test_new_tokens_and_a_reward_head_are_counted(model: tuple[Path, ModelFacts]) -> None:
    _, facts = model
    plain = trainable(plan(), facts)
    assert trainable(plan(new_tokens=["<a>", "<b>"]), facts) == plain + 2 * facts.hidden
    assert trainable(plan("reward_modeling"), facts) == plain + facts.hidden


def test_headers_alone_are_read(model: tuple[Path, ModelFacts]) -> None:
    folder, facts = model
    layers = json.loads((folder / "config.json").read_text())["num_hidden_layers"]
    assert {m.name for m in facts.linears} >= {"q_proj", "down_proj"}
    assert all(m.count == layers for m in facts.linears)
