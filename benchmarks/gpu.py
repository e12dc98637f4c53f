"""LoRA fine-tuning on a GPU: tokens per second, share of the measured matmul peak, memory; beside TRL's defaults.

`python -m benchmarks.gpu` trains a Llama-3.1-8B-shaped and a Qwen2.5-0.5B-shaped model with random weights made from
their published shapes, one variant after the other in one process: TRL's defaults, our choices (rows end to end, one
attention a row, no checkpointing, a loss in chunks), and ours with compiled layers, with Liger's kernels and with a
block mask. Without a GPU it runs a small form on the CPU, which says that the script works and
nothing about a GPU.

MFU here: the FLOPs of the model's products, 4 a frozen weight and token (forward and the inputs' gradients), 6 a
trained one (Kaplan et al. 2020, section 2.1), over what the largest square product reached on this device in bf16.
The embedding's table is looked up, not multiplied, and is left out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, TrainerCallback
from trl import SFTConfig, SFTTrainer

from trainer.methods import attention
from trainer.methods.loss import AnswerLossTrainer
from trainer.methods.models import compile_layers, load_tokenizer
from trainer.paths import BUILTIN_MODEL

GPU = torch.cuda.is_available()
SHAPES: dict[str, Any] = {
    "Llama-3.1-8B": (LlamaForCausalLM, LlamaConfig, {
        "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 8192, "rope_theta": 500000.0,
    }),
    "Qwen2.5-0.5B": (Qwen2ForCausalLM, Qwen2Config, {
        "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14,
        "num_key_value_heads": 2, "vocab_size": 151936, "max_position_embeddings": 8192, "tie_word_embeddings": True,
    }),
}  # fmt: skip
WIDER = {"Llama-3.1-8B": 1, "Qwen2.5-0.5B": 4}
"""Rows a step, as a factor: a small model needs more of them to keep a large GPU busy."""
SKIPPED = 3
PER_DOCUMENT = attention.NAME
SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
SMALL |= {"num_key_value_heads": 2, "vocab_size": 4096}


def matmul_peak() -> float:
    """TFLOP/s of a large square product in bf16 (fp32 on a CPU): the best of a few."""
    size, kind = (8192, torch.bfloat16) if GPU else (512, torch.float32)
    left = torch.randn(size, size, dtype=kind, device="cuda" if GPU else "cpu")
    best = float("inf")
    for _ in range(20):
        begin = time.perf_counter()
        left @ left
        if GPU:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begin)
    return float(2 * size**3 / best / 1e12)


VARIANTS: dict[str, dict[str, Any]] = {
    "TRL's defaults": {"theirs": True},
    "ours": {},
    "ours, block mask": {"attention": "sdpa"},
    "ours, compiled": {"compiled": True},
    "ours, Liger": {"liger": True},
}


def model_of(name: str, small: bool, how: str) -> Any:
    kind, config, shape = SHAPES[name]
    torch.manual_seed(0)
    made = config(**(shape | SMALL if small else shape), attn_implementation=how)
    previous = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16 if GPU else torch.float32)
    try:
        with torch.device("cuda" if GPU else "cpu"):
            return kind(made)
    finally:
        torch.set_default_dtype(previous)


def rows(count: int, mean: int, vocab: int) -> Dataset:
    """Random tokens in rows of uneven length, as chat data have them; the second half of each is trained on."""
    rng = random.Random(0)
    lengths = [max(16, min(4 * mean, round(rng.lognormvariate(0, 0.6) * mean))) for _ in range(count)]
    ids = [[rng.randrange(10, vocab) for _ in range(n)] for n in lengths]
    return Dataset.from_dict({"input_ids": ids, "labels": [[-100] * (len(r) // 2) + r[len(r) // 2 :] for r in ids]})


def run(
    name: str, options: Any, theirs: bool = False, compiled: bool = False, liger: bool = False, attention: str = ""
) -> dict[str, float]:
    """One training; the first steps, in which kernels are chosen or compiled, are left out of the time."""
    if GPU:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    small = options.small or not GPU
    model = model_of(name, small, attention or ("sdpa" if theirs else PER_DOCUMENT))
    if compiled:
        compile_layers(model)
    count = options.rows * (1 if small else WIDER[name])
    data = rows(count * options.steps, options.tokens, SMALL["vocab_size"] if small else 100_000)
    own = {"padding_free": True, "gradient_checkpointing": False, "bf16": GPU, "use_liger_kernel": liger}
    with tempfile.TemporaryDirectory() as out:
        trainer = (SFTTrainer if theirs else AnswerLossTrainer)(
            model=model,
            args=SFTConfig(
                output_dir=out, max_steps=options.steps, per_device_train_batch_size=count, max_length=None,
                save_strategy="no", report_to="none", disable_tqdm=True, dataset_kwargs={"skip_prepare_dataset": True},
                use_cpu=not GPU, logging_steps=1000, **({} if theirs and GPU else {"bf16": False} if theirs else own),
            ),
            train_dataset=data,
            processing_class=load_tokenizer(BUILTIN_MODEL),
            peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        )  # fmt: skip
        clock = Clock(skip=SKIPPED)
        trainer.add_callback(clock)
        ended = trainer.train()
    moved = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    frozen = sum(multiplied(trainer.model)) - moved
    tokens = sum(map(len, data["input_ids"])) * (options.steps - SKIPPED) / options.steps
    return {
        "rate": tokens / clock.seconds,
        "tflops": (4 * frozen + 6 * moved) * tokens / clock.seconds / 1e12,
        "memory": torch.cuda.max_memory_reserved() / 1e9 if GPU else 0.0,
        "in use": torch.cuda.max_memory_allocated() / 1e9 if GPU else 0.0,
        "loss": ended.training_loss,
        "warm-up": clock.began - clock.start,
    }


def multiplied(model: Any) -> Iterator[int]:
    """Sizes of the weights that take part in products: a tied table counts as the head it is, an own one not."""
    inner = model.get_base_model()
    table = inner.get_input_embeddings().weight
    tied = table is inner.get_output_embeddings().weight
    return (p.numel() for p in model.parameters() if tied or p is not table)


class Clock(TrainerCallback):
    """Seconds of all steps but the first few."""

    def __init__(self, skip: int) -> None:
        self.skip, self.start, self.began, self.seconds = skip, time.perf_counter(), 0.0, 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.start = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if GPU:
            torch.cuda.synchronize()
        now = time.perf_counter()
        if state.global_step == self.skip:
            self.began = now
        self.seconds = now - self.began


def told(label: str, one: dict[str, float], theirs: float | None, peak: float) -> str:
    ratio = f"{one['rate'] / theirs:5.2f}x" if theirs else ""
    speed = f"{one['rate']:10,.0f} tokens/s  {ratio:6} {one['tflops']:8.2f} TFLOP/s  MFU {one['tflops'] / peak:6.1%}"
    held = f"{one['memory']:5.1f} GB ({one['in use']:.1f} in use)"
    return f"  {label:18} {speed}  {held}  loss {one['loss']:.4f}  warm-up {one['warm-up']:.0f} s"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--small", action="store_true")
    given.add_argument("--models", default=",".join(SHAPES))
    given.add_argument("--variants", default=";".join(VARIANTS if GPU else ("TRL's defaults", "ours")))
    given.add_argument("--rows", type=int, default=8, help="rows a step (of the small model four times as many)")
    given.add_argument("--tokens", type=int, default=512 if GPU else 48, help="mean tokens of a row")
    given.add_argument("--steps", type=int, default=13 if GPU else 5)
    options = given.parse_args()
    attention.register()
    peak = matmul_peak()
    print(f"{torch.cuda.get_device_name() if GPU else 'CPU (small form)'}: {peak:.2f} TFLOP/s in one large product")
    for name in options.models.split(","):
        print(f"{name}, {options.rows * (1 if options.small or not GPU else WIDER[name])} rows a step", flush=True)
        theirs = None
        for label in options.variants.split(";"):
            try:
                one = run(name, options, **VARIANTS[label])
            except Exception as error:  # noqa: BLE001  (the other variants are still worth their time)
                print(f"  {label:18} failed: {type(error).__name__}: {str(error)[:300]}", flush=True)
                continue
            theirs = one["rate"] if label == "TRL's defaults" else theirs
            print(told(label, one, theirs, peak), flush=True)


if __name__ == "__main__":
    main()
