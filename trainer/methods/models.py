"""Loading a base model, a tuned one, and their tokenizer. safetensors only, no remote code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from accelerate.utils.other import is_repeated_blocks
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BitsAndBytesConfig,
)

from trainer.methods import attention
from trainer.plan import Freeze, Lora, Plan, RewardModeling

HEADS = {"causal": AutoModelForCausalLM, "reward": AutoModelForSequenceClassification}


def dtype_of(plan: Plan) -> torch.dtype:
    """Weights that are trained stay in fp32; frozen ones may be half on a GPU."""
    if plan.compute.device == "cuda" and not plan.whole_model:
        return torch.bfloat16 if plan.compute.precision == "bf16" else torch.float16
    return torch.float32


def head_of(plan: Plan) -> str:
    """Whether the model writes words or gives a reward."""
    return "reward" if isinstance(plan.method, RewardModeling) else "causal"


def load_base(plan: Plan, folder: Path, head: str = "causal") -> Any:
    """The untouched base model, ready to be trained as the plan says."""
    model = read_model(plan, folder, head, quantization=_quantization(plan))
    tokenizer = load_tokenizer(folder, plan)
    if plan.data.new_tokens and len(tokenizer) > model.get_input_embeddings().num_embeddings:
        # new rows begin at the mean of the known ones (transformers' default)
        model.resize_token_embeddings(len(tokenizer))
    if head == "reward":
        model.config.pad_token_id = tokenizer.pad_token_id
    if isinstance(plan.adapter, Freeze):
        _freeze(model, plan.adapter)
    if plan.compute.torch_compile:
        compile_layers(model)
    return model


def compile_layers(model: Any) -> None:
    """torch.compile for each of the like layers, when they are first called, adapters in them included.

    One layer is compiled for all, whatever way the loss takes to them; rows of any length go through one program.
    Compiling the whole model would take many times longer, and a loss that calls the decoder itself would miss it.
    """
    for module in model.modules():
        if is_repeated_blocks(module):
            for layer in module:
                layer.compile(dynamic=True)


def read_model(plan: Plan, folder: Path, head: str = "causal", quantization: Any = None) -> Any:
    """A model from a folder, in the plan's precision and attention. A new reward head is seeded by the caller."""
    attention.register()
    more = {"num_labels": 1} if head == "reward" else {}
    return HEADS[head].from_pretrained(
        str(folder),
        dtype=dtype_of(plan),
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation=_attention(plan, folder),
        local_files_only=True,
        quantization_config=quantization,
        **more,
    )


def _attention(plan: Plan, folder: Path) -> str:
    """The plan's attention; a model that looks back less far than the rows are long needs the library's masks."""
    config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    narrow = window is not None and window < plan.schedule.max_length
    return "sdpa" if narrow and plan.compute.attn_implementation == attention.NAME else plan.compute.attn_implementation


def _quantization(plan: Plan) -> Any:
    """bitsandbytes' settings: nf4 with double quantisation (QLoRA, arXiv 2305.14314), or int8."""
    how = plan.adapter.quantization if isinstance(plan.adapter, Lora) else "none"
    if how == "4bit":
        wide = torch.float32 if plan.compute.precision == "fp32" else torch.bfloat16
        return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=wide,
        )
    return BitsAndBytesConfig(load_in_8bit=True) if how == "8bit" else None  # type: ignore[no-untyped-call]


_LAYER = re.compile(r"\.(\d+)\.")


def _freeze(model: Any, adapter: Freeze) -> None:
    """Only the last layers, the last norm and the head learn (and the embeddings, if the plan says so)."""
    first = model.config.num_hidden_layers - adapter.freeze_trainable_layers
    inputs = {id(p) for p in model.get_input_embeddings().parameters()}
    for name, weight in model.named_parameters():
        layer = _LAYER.search(name)
        late = int(layer.group(1)) >= first if layer else id(weight) not in inputs
        weight.requires_grad = late or (adapter.train_embeddings and id(weight) in inputs)


def load_tokenizer(folder: Path, plan: Plan | None = None) -> Any:
    """The tokenizer, with a pad token of its own where the model has none, and the plan's new tokens."""
    tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
    if plan is not None and plan.data.new_tokens:
        tokenizer.add_tokens(list(plan.data.new_tokens))
    return tokenizer


def ready(model: Any, plan: Plan) -> Any:
    """A loaded model, where and as it answers."""
    model = model.eval().to("cuda" if plan.compute.device == "cuda" else model.device)
    model.set_attn_implementation("sdpa")
    return model


def load_tuned(plan: Plan, base: Path, tuned: Path) -> Any:
    """The trained model: its own weights, or the adapter on its base."""
    head = head_of(plan)
    if plan.whole_model:
        return read_model(plan, tuned, head)
    from peft import PeftModel

    return PeftModel.from_pretrained(load_base(plan, base, head), str(tuned))
