"""Our loss is TRL's loss: same value, same gradients, padded or laid end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("padding_free", [True, False])
def test_the_loss_and_its_gradients_are_trls(tmp_path: Path, padding_free: bool) -> None:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from trainer.data.convert import Example
    from trainer.data.encode import encode
    from trainer.data.tokenizer import load
    from trainer.methods import attention
    from trainer.methods.loss import AnswerLossTrainer
    from trainer.paths import BUILTIN_MODEL

    attention.register()
    turns = [(("user", f"where is parcel {i} " * (1 + i)), ("assistant", f"it is in depot {i}")) for i in range(4)]
    rows = [encode(Example(i, t), load(str(BUILTIN_MODEL)), 256) for i, t in enumerate(turns)]

    data = Dataset.from_dict({"input_ids": [r.input_ids for r in rows], "labels": [r.labels for r in rows]})

    def measured(kind: Any) -> tuple[float, dict[str, torch.Tensor]]:
        name = attention.NAME if padding_free and kind is AnswerLossTrainer else "sdpa"
        model = AutoModelForCausalLM.from_pretrained(str(BUILTIN_MODEL), dtype=torch.float32, attn_implementation=name)
        arguments = SFTConfig(
            output_dir=str(tmp_path),
            max_length=None,
            padding_free=padding_free,
            bf16=False,
            use_cpu=True,
            report_to="none",
            dataset_kwargs={"skip_prepare_dataset": True},
            per_device_train_batch_size=4,
            gradient_checkpointing=False,
            remove_unused_columns=False,
        )
        tokenizer = AutoTokenizer.from_pretrained(str(BUILTIN_MODEL))
        trainer = kind(model=model, args=arguments, processing_class=tokenizer, train_dataset=data)
        batch = trainer.data_collator([trainer.train_dataset[i] for i in range(4)])
        model.train()
        loss = trainer.compute_loss(model, dict(batch))
        loss.backward()
        return float(loss.detach()), {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}

    ours, theirs = measured(AnswerLossTrainer), measured(SFTTrainer)
    assert ours[0] == pytest.approx(theirs[0], abs=1e-5)
    assert ours[1].keys() == theirs[1].keys()
    assert all(torch.allclose(g, theirs[1][n], atol=1e-4) for n, g in ours[1].items())


def test_half_precision_is_used_where_the_plan_says_so(tmp_path: Path) -> None:
    """The decoder is called past the wrapper that would see to it."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig

    from trainer.methods.loss import AnswerLossTrainer
    from trainer.paths import BUILTIN_MODEL

    seen = set()
    model = AutoModelForCausalLM.from_pretrained(str(BUILTIN_MODEL), dtype=torch.float32)
    model.model.layers[0].mlp.down_proj.register_forward_hook(lambda _, __, out: seen.add(out.dtype))
    data = Dataset.from_dict({"input_ids": [[5, 6, 7, 8]], "labels": [[-100, 6, 7, 8]]})
    arguments = SFTConfig(
        output_dir=str(tmp_path),
        bf16=True,
        use_cpu=True,
        max_length=None,
        report_to="none",
        max_steps=1,
        gradient_checkpointing=False,
        save_strategy="no",
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    tokenizer = AutoTokenizer.from_pretrained(str(BUILTIN_MODEL))
    AnswerLossTrainer(model=model, args=arguments, processing_class=tokenizer, train_dataset=data).train()
    assert seen == {torch.bfloat16}


@pytest.mark.parametrize("dora", [False, True])
def test_lora_in_half_precision_computes_the_same_from_narrow_inputs(dora: bool) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from trainer.methods.loss import narrow_inputs
    from trainer.paths import BUILTIN_MODEL

    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(str(BUILTIN_MODEL), dtype=torch.bfloat16)
    config = LoraConfig(r=4, target_modules="all-linear", use_dora=dora, init_lora_weights="gaussian")
    model = get_peft_model(base, config)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.02)
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}
    ids = torch.tensor([[5, 6, 7, 8]])

    def measured() -> list[torch.Tensor]:
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            out = model(input_ids=ids).logits
        out.float().square().mean().backward()
        return [out.detach(), *(p.grad.clone() for p in model.parameters() if p.requires_grad)]

    wide = measured()
    narrow_inputs(model)
    assert all(torch.equal(a, b) for a, b in zip(wide, measured(), strict=True))
