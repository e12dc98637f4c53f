"""Loading a base model, a tuned one, and their tokenizer. safetensors only, no remote code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from trainer.methods import attention
from trainer.plan import Full, Plan


def dtype_of(plan: Plan) -> torch.dtype:
    """Weights that are trained stay in fp32; frozen ones may be half on a GPU."""
    if plan.compute.device == "cuda" and not isinstance(plan.adapter, Full):
        return torch.bfloat16 if plan.compute.precision == "bf16" else torch.float16
    return torch.float32


def load_base(plan: Plan, folder: Path) -> Any:
    """The untouched base model."""
    attention.register()
    per_document = plan.compute.device == "cpu" and plan.compute.padding_free
    return AutoModelForCausalLM.from_pretrained(
        str(folder),
        dtype=dtype_of(plan),
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation=attention.NAME if per_document else "sdpa",
        local_files_only=True,
    )


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer, with a pad token of its own where the model has none."""
    tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
    return tokenizer


def load_tuned(plan: Plan, base: Path, tuned: Path) -> Any:
    """The trained model: full weights, or the adapter on its base."""
    if isinstance(plan.adapter, Full):
        return load_base(plan, tuned)
    from peft import PeftModel

    return PeftModel.from_pretrained(load_base(plan, base), str(tuned))
