"""Times training steps of a small model on this machine: `python -m trainer.calibrate`.

Prints JSON: GFLOP/s of forward and backward by precision and threads, and the seconds that importing the
libraries of a training takes. The formula is the usual 6 x parameters x tokens for full tuning (Kaplan et al.
2020, section 2.1), embeddings left out.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

HIDDEN, LAYERS, TOKENS, VOCAB = 256, 4, 1536, 4096
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
CLEARLY = 1.25
"""bf16 is chosen only when it is this much faster: in whole runs part of the gain is lost again."""
SECONDS = 1.0
"""How long each variant is timed."""
HOPELESS = 0.7
"""Below this share of fp32's speed in one product, bf16 is not timed in steps: without the processor's own
instructions one step of it takes half a minute."""


def _model() -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=HIDDEN,
        intermediate_size=512,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        vocab_size=VOCAB,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).train()


def _step(model: Any, optimizer: Any, ids: torch.Tensor, precision: str) -> None:
    cast = torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()
    with cast:
        # a third of the tokens is trained on, as in the runs that are being foretold
        hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, ::3]
        loss = cross_entropy(model.lm_head(hidden).float().flatten(0, 1), ids[:, ::3].flatten())
    torch.autograd.backward(loss)
    optimizer.step()
    optimizer.zero_grad()


def _gflop(model: Any) -> float:
    """Of one step: 6 a weight of the layers and a token, the head for the third that is trained on, attention."""
    head = VOCAB * HIDDEN
    attention = TOKENS // 16 * HIDDEN * LAYERS
    return float(6 * (model.num_parameters() - head + head / 3 + attention) * TOKENS / 1e9)


def gflops(model: Any, precision: str, threads: int) -> float:
    """Best sustained rate over short rounds: the least disturbed one is the machine's own."""
    torch.set_num_threads(threads)
    ids = torch.randint(0, VOCAB, (16, TOKENS // 16))
    work = _gflop(model)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    _step(model, optimizer, ids, precision)
    best, started = float("inf"), time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        begin = time.perf_counter()
        _step(model, optimizer, ids, precision)
        best = min(best, time.perf_counter() - begin)
    return float(work / best)


def main() -> None:
    """Measure and print."""
    begun = time.process_time()
    model, rates = _model(), {}
    for threads in sorted({1, CORES}):
        rates[f"fp32/{threads}"] = gflops(model, "fp32", threads)
        share = product_share()
        # where it is hopeless, the product alone says how slow
        rates[f"bf16/{threads}"] = (
            gflops(model, "bf16", threads) if share > HOPELESS else share * rates[f"fp32/{threads}"]
        )
    faster = rates[f"bf16/{CORES}"] > CLEARLY * rates[f"fp32/{CORES}"]
    rounded = {name: round(rate, 2) for name, rate in rates.items()}
    json.dump({"train_gflops": rounded, "bf16_faster": faster, "startup_seconds": _startup(begun)}, sys.stdout)


def product_share() -> float:
    """Speed of a small product in bf16 over the same in fp32, with the threads that are set."""
    times = []
    for kind in (torch.float32, torch.bfloat16):
        left, right = torch.randn(192, HIDDEN, dtype=kind), torch.randn(HIDDEN, HIDDEN, dtype=kind)
        best = float("inf")
        for _ in range(4):
            begin = time.perf_counter()
            left @ right
            best = min(best, time.perf_counter() - begin)
        times.append(best)
    return times[0] / times[1]


def _startup(begun: float) -> float:
    """Seconds of imports, those of this process and those of a trainer: processor time, as others may be busy."""
    started = time.process_time()
    import_module("trainer.methods.train")
    import_module("trainer.methods.sft")
    return round(begun + time.process_time() - started, 1)


if __name__ == "__main__":
    main()
