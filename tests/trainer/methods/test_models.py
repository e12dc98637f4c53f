"""What is loaded to be trained: frozen layers, new tokens, attention, adapters that begin from the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.methods import ADAPTERS, data
from tests.trainer.lab import made
from trainer.plan import Plan


def plan(folder: Path, **wishes: Any) -> Plan:
    shape = {"max_steps": 4, "per_device_train_batch_size": 4, "max_length": 128}
    return made(data(folder, "sft"), str(wishes), method="sft", **(shape | wishes)).plan()


def trained_names(model: Any) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def test_only_the_last_layers_learn(home: Path, tmp_path: Path) -> None:
    from trainer.methods.models import load_base
    from trainer.paths import BUILTIN_MODEL

    names = trained_names(load_base(plan(tmp_path, tuning="freeze", freeze_trainable_layers=1), BUILTIN_MODEL))
    assert names and all("layers.3." in name or name == "model.norm.weight" for name in names)


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_new_tokens_are_one_token_and_their_embeddings_learn(tuning: str, home: Path, tmp_path: Path) -> None:
    import torch

    from tests.trainer.methods.support import setup

    words = ["<order>", "<sku>"]
    made_plan = plan(tmp_path, tuning=tuning, new_tokens=words, learning_rate=1e-2)
    one = setup(made_plan, tmp_path, words)
    assert all(len(one.ours.encode(word).ids) == 1 for word in words)
    from trainer.methods.build import trainer_for

    trainer = trainer_for(one)
    table = trainer.model.get_input_embeddings()
    ids = torch.tensor([one.ours.id_of(word) for word in words])
    before = table(ids).detach().clone()
    trainer.train()
    assert not torch.allclose(before, table(ids).detach())


def test_eva_begins_elsewhere_than_chance(home: Path, tmp_path: Path) -> None:
    import torch

    from tests.trainer.methods.support import setup
    from trainer.methods.build import trainer_for

    def first(init: str) -> torch.Tensor:
        made_plan = plan(tmp_path, tuning="lora", init_lora_weights=init)
        model = trainer_for(setup(made_plan, tmp_path)).model
        return next(w for n, w in model.named_parameters() if "lora_A" in n).detach()

    assert torch.equal(first("eva"), first("eva"))
    assert first("eva").shape != first("default").shape or not torch.allclose(first("eva"), first("default"))


def test_a_row_padded_at_its_end_needs_no_mask() -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from trainer.methods import attention
    from trainer.paths import BUILTIN_MODEL

    attention.register()
    ids = torch.randint(5, 4000, (3, 60), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 30:], mask[2, 10:] = 0, 0
    labels = ids.masked_fill(mask == 0, -100)
    found = {}
    for name in ("sdpa", attention.NAME):
        model = AutoModelForCausalLM.from_pretrained(BUILTIN_MODEL, attn_implementation=name, dtype=torch.float32)
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        found[name] = (loss.detach(), model.get_input_embeddings().weight.grad)
    assert torch.allclose(found["sdpa"][0], found[attention.NAME][0], atol=1e-6)
    assert torch.allclose(found["sdpa"][1], found[attention.NAME][1], atol=1e-5)


def test_a_row_padded_at_its_beginning_keeps_its_mask() -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from trainer.methods import attention
    from trainer.paths import BUILTIN_MODEL

    attention.register()
    ids = torch.randint(5, 4000, (2, 20), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, :8] = 0
    told = []
    for name in ("sdpa", attention.NAME):
        model = AutoModelForCausalLM.from_pretrained(BUILTIN_MODEL, attn_implementation=name, dtype=torch.float32)
        told.append(model(input_ids=ids, attention_mask=mask).logits[:, -1])
    assert torch.allclose(*told, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["lora", "dora", "pissa", "qlora 4bit", "adalora", "ia3", "oft", "vera", "prefix_tuning"]
)
def test_only_the_adapter_learns(name: str, home: Path, tmp_path: Path) -> None:
    from tests.trainer.methods.support import setup
    from trainer.methods.build import trainer_for

    model = trainer_for(setup(plan(tmp_path, **({"tuning": name} | ADAPTERS[name])), tmp_path)).model
    moved = sum(w.numel() for w in model.parameters() if w.requires_grad)
    assert 0 < moved < 0.2 * sum(w.numel() for w in model.parameters())


@pytest.mark.slow
def test_compiled_layers_compute_the_same(home: Path, tmp_path: Path) -> None:
    """The loss calls the decoder itself: a compiled model would be passed by, compiled layers are not."""
    import torch

    from tests.trainer.methods.support import setup
    from trainer.methods.build import trainer_for

    losses = []
    for compiled in (False, True):
        shape = {"tuning": "lora", "max_steps": 3, "torch_compile": compiled}
        trainer = trainer_for(setup(plan(tmp_path, **shape), tmp_path))
        torch.manual_seed(0)
        losses.append(trainer.train().training_loss)
        layer = trainer.model.get_base_model().model.layers[0]
        assert (layer._compiled_call_impl is not None) == compiled
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
