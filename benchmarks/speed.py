"""Tokens per second of our own choices, of TRL's defaults and of a hand-written loop, side by side.

`python -m benchmarks.speed` trains the same model (17 M parameters from a config, LoRA r 16) on the same tokens with
the same seed, epochs, batch and learning rate, one variant after the other in processes of their own, round after
round, and prints medians and ratios. Two data sets: the built-in sample as it is, and an uneven one in which one row
in ten is a long conversation. `--tiny` runs a small form.

a  TRL's defaults: SFTConfig as it comes (bf16, gradient checkpointing, rows padded in random batches)
f  the same in fp32: what the defaults cost where a processor is slow in bf16
p  the plain path: TRL in fp32 without checkpointing, rows padded; its final loss is the measure for the others
t  ours: the trainer that the plan's own choices build
b  a hand-written loop over the same batches laid end to end: the upper bound
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

import argparse
import csv
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

BATCH, RATE, RANK, EPOCHS = 8, 1e-3, 16, 1
SHAPE = {"hidden_size": 384, "intermediate_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 6}
TINY_SHAPE = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
VARIANTS = {"a": "TRL's defaults", "f": "the same, fp32", "p": "plain path", "t": "ours", "b": "hand-written loop"}


def rows(uneven: bool, most: int) -> list[list[tuple[str, str]]]:
    """Conversations of the built-in sample: one exchange each, or one in ten made of twelve of them."""
    from trainer.paths import SAMPLE_DATA

    with SAMPLE_DATA.open(newline="", encoding="utf-8") as file:
        pairs = [(r["customer_message"], r["agent_reply"]) for r in csv.DictReader(file)]
    pairs = [p for p in pairs if len(p[0]) + len(p[1]) < 1200]
    if not uneven:
        return [[pair] for pair in pairs[:most]]
    out: list[list[tuple[str, str]]] = []
    while pairs and len(out) < most:
        size = 12 if len(out) % 10 == 5 else 1
        out, pairs = [*out, pairs[:size]], pairs[size:]
    return out


def examples(uneven: bool, most: int) -> list[Any]:
    from trainer.data.convert import Example

    told = [[turn for q, a in talk for turn in (("user", q), ("assistant", a))] for talk in rows(uneven, most)]
    return [Example(i, tuple(turns)) for i, turns in enumerate(told, start=1)]


def model_folder(folder: Path, tiny: bool, seed: int) -> Path:
    """A Llama with random weights and the built-in tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from trainer.methods.models import load_tokenizer
    from trainer.paths import BUILTIN_MODEL

    torch.manual_seed(seed)
    tokenizer = load_tokenizer(BUILTIN_MODEL)
    shape = TINY_SHAPE if tiny else SHAPE
    config = LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=4096, tie_word_embeddings=True, **shape)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def plan(folder: Path, seed: int, lengths: list[int]) -> Any:
    """Ours: what the recipes choose for this machine and these rows; model, batch, rate and epochs are given."""
    from trainer.facts import DataProfile, Facts, Lengths
    from trainer.machine import read_machine
    from trainer.base_models import from_folder
    from trainer.recipes.derive import derive
    from trainer.wishes import Wishes

    order = sorted(lengths)
    cut = lambda share: order[min(len(order) - 1, int(share * len(order)))]  # noqa: E731
    told = Lengths(
        tokenizer="built-in", basis="measured", sampled=len(order), mean=statistics.mean(order), p50=cut(0.5),
        p95=cut(0.95), p99=cut(0.99), max=order[-1], answer_p95=64, answer_max=256,
    )  # fmt: skip
    profile = DataProfile(
        path="sample", fingerprint="", bytes=1, rows=len(order), format="messages", encoding="utf-8", columns=(),
        roles={"messages": "messages"}, lengths=told,
    )  # fmt: skip
    facts = Facts(data=profile, usable_rows=len(order), model=from_folder(folder, "random"), machine=read_machine())
    wishes = Wishes(
        goal="speed", base_model=str(folder), tuning="lora", lora_r=RANK, lora_alpha=2 * RANK, learning_rate=RATE,
        num_train_epochs=EPOCHS, effective_batch_size=BATCH, per_device_train_batch_size=BATCH, max_length=4096,
        lr_scheduler_type="constant", warmup_ratio=0.0, weight_decay=0.0, seed=seed, eval_steps=10**6,
        load_best_model_at_end=False, target_modules="all-linear",
    )  # fmt: skip
    return derive(wishes, facts)[0]


def one(variant: str, folder: Path, uneven: bool, seed: int, most: int) -> dict[str, Any]:
    """Train one variant; tokens per second of the training alone, and the loss on held rows afterwards."""
    began = time.perf_counter()
    from transformers import set_seed

    from trainer.data import tokenizer as tokenizers
    from trainer.methods import answers
    from trainer.methods.dataset import encoded
    from trainer.methods.models import load_tokenizer

    every = examples(uneven, most)
    train, held = every[: -len(every) // 8], every[-len(every) // 8 :]
    ours = tokenizers.load(str(folder))
    from trainer.data.encode import encode

    whole = [encode(e, ours, 4096) for e in every]
    own = plan(folder, seed, [len(r.input_ids) for r in whole])
    set_seed(seed)
    ready = time.perf_counter()
    run = {"t": by_us, "b": by_hand}.get(variant) or by_trl
    model, seconds, tokens, peak = run(variant, own, folder, train, seed)
    model.eval()
    model.set_attn_implementation("sdpa")
    rows_held = encoded(held, own, ours)
    loss, counts = answers.losses(model, rows_held, load_tokenizer(folder).pad_token_id)
    mean = sum(x * n for x, n in zip(loss, counts, strict=True)) / sum(counts)
    return {
        "variant": variant, "seconds": seconds, "tokens": tokens, "rate": tokens / seconds, "eval_loss": mean,
        "start_up": ready - began, "other": time.perf_counter() - began - seconds, "peak_gb": peak, "seed": seed,
        "chosen": {k: getattr(own.compute, k) for k in ("precision", "threads", "padding_free", "attn_implementation")},
    }  # fmt: skip


def peak_gb() -> float:
    """The process's largest memory so far."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1e6


def by_us(variant: str, own: Any, folder: Path, train: list[Any], seed: int) -> tuple[Any, float, int, float]:
    from trainer.methods.build import trainer_for
    from trainer.methods.setup import Setup

    with tempfile.TemporaryDirectory() as out:
        setup = Setup(plan=own, base=folder, train=train, val=train[:8], output_dir=Path(out), total_steps=100)
        trainer = trainer_for(setup)
        trainer.args.eval_strategy = trainer.args.save_strategy = "no"
        tokens = sum(map(len, trainer.train_dataset["input_ids"]))
        began = time.perf_counter()
        trainer.train()
        return trainer.model, time.perf_counter() - began, tokens, peak_gb()


def by_trl(variant: str, own: Any, folder: Path, train: list[Any], seed: int) -> tuple[Any, float, int, float]:
    """TRL as it comes (a), or with its costly defaults off (p). The tokens and labels are the same as ours."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    from trainer.data import tokenizer as tokenizers
    from trainer.methods.dataset import answered
    from trainer.methods.models import load_tokenizer

    data = answered(train, own, tokenizers.load(str(folder))).remove_columns(["length", "row"])
    plain = {"a": {}, "f": {"bf16": False}}.get(variant, {"bf16": False, "gradient_checkpointing": False})
    shared = {"learning_rate": RATE, "num_train_epochs": EPOCHS, "per_device_train_batch_size": BATCH, "seed": seed}
    same = {
        "lr_scheduler_type": "constant",
        "data_seed": seed,
        "report_to": "none",
        "use_cpu": not torch.cuda.is_available(),
    }
    with tempfile.TemporaryDirectory() as out:
        trainer = SFTTrainer(
            model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
            args=SFTConfig(
                output_dir=out, save_strategy="no", dataset_kwargs={"skip_prepare_dataset": True}, max_length=4096,
                **shared, **same, **plain,
            ),
            train_dataset=data,
            processing_class=load_tokenizer(folder),
            peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"),
        )  # fmt: skip
        tokens = sum(map(len, data["input_ids"]))
        began = time.perf_counter()
        trainer.train()
        return trainer.model, time.perf_counter() - began, tokens, peak_gb()


def by_hand(variant: str, own: Any, folder: Path, train: list[Any], seed: int) -> tuple[Any, float, int, float]:
    """No trainer: batches laid end to end, the answers' loss, clipping, a fused optimizer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from torch.nn.functional import cross_entropy
    from trainer.data import tokenizer as tokenizers
    from trainer.data.encode import IGNORE
    from trainer.methods.dataset import encoded
    from trainer.methods.models import read_model

    compute = own.compute.model_copy(update={"attn_implementation": "per_document"})
    adapter = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(read_model(own.model_copy(update={"compute": compute}), folder), adapter)
    decoder, head = model.get_base_model().get_decoder(), model.get_base_model().get_output_embeddings()
    data = encoded(train, own, tokenizers.load(str(folder)))
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed)).tolist()
    weights = [w for w in model.parameters() if w.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0, fused=True)
    half = torch.autocast("cpu", torch.bfloat16, enabled=own.compute.precision == "bf16")
    model.train()
    began = time.perf_counter()
    for start in range(0, len(order), BATCH):
        batch = [data[i] for i in order[start : start + BATCH]]
        ids = torch.tensor([[t for row in batch for t in row.input_ids]])
        labels = torch.tensor([t for row in batch for t in [IGNORE, *row.labels[1:]]])
        places = torch.tensor([[i for row in batch for i in range(len(row.input_ids))]])
        ends = torch.tensor([0, *(len(row.input_ids) for row in batch)]).cumsum(0).int()
        with half:
            hidden = decoder(input_ids=ids, position_ids=places, cu_seq_lens_q=ends, use_cache=False).last_hidden_state[
                0
            ]
            keep = labels[1:] != IGNORE
            loss = cross_entropy(head(hidden[:-1][keep]).float(), labels[1:][keep])
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return model, time.perf_counter() - began, sum(len(r.input_ids) for r in data), peak_gb()


def child(variant: str, folder: Path, options: Any, uneven: bool, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.speed", "--one", variant, "--folder", str(folder), "--seed", str(seed)]
    command += ["--rows", str(options.rows), *(["--uneven"] if uneven else [])]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    if done.returncode:
        raise SystemExit(f"variant {variant} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1]) | {"process": time.perf_counter() - began}


def table(found: list[dict[str, Any]], name: str) -> None:
    print(f"\n{name}")
    print("variant            tokens/s (rounds)       wall s   start-up s   other s   peak GB   eval loss by seed")
    rate = {}
    for variant, label in VARIANTS.items():
        mine = [f for f in found if f["variant"] == variant]
        if not mine:
            continue
        middle = {k: statistics.median(f[k] for f in mine) for k in ("rate", "seconds", "start_up", "other", "peak_gb")}
        rate[variant] = middle["rate"]
        rounds = " ".join(f"{f['rate']:,.0f}" for f in mine)
        losses = " ".join(f"{f['eval_loss']:.4f}" for f in mine)
        print(
            f"{label:18} {middle['rate']:8,.0f} ({rounds})  {middle['seconds']:8.1f} {middle['start_up']:10.1f} "
            f"{middle['other']:10.1f} {middle['peak_gb']:8.1f}   {losses}"
        )
    ratios = ", ".join(f"{rate['t'] / rate[v]:.2f}x {VARIANTS[v]}" for v in rate if v != "t")
    print(f"ours: {ratios}")
    plain = {f["seed"]: f["eval_loss"] for f in found if f["variant"] == "p"}
    gaps = [abs(f["eval_loss"] - plain[f["seed"]]) for f in found if f["variant"] == "t" and f["seed"] in plain]
    print("final loss, ours against the plain path: " + " ".join(f"{gap:.1e}" for gap in gaps))
    print("chosen:", next(f["chosen"] for f in found if f["variant"] == "t"))


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--one", choices=VARIANTS)
    given.add_argument("--folder", type=Path)
    given.add_argument("--uneven", action="store_true", help="the uneven set alone")
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--rows", type=int, default=260)
    given.add_argument("--rounds", type=int, default=3, help="rounds, each with a seed of its own")
    given.add_argument("--variants", default="".join(VARIANTS), help="letters; a is very slow where bf16 is")
    given.add_argument("--tiny", action="store_true")
    options = given.parse_args()
    if options.one:
        print(json.dumps(one(options.one, options.folder, options.uneven, options.seed, options.rows)))
        return
    with tempfile.TemporaryDirectory() as name:
        for uneven in (True,) if options.uneven else (False, True):
            found = []
            for seed in range(options.rounds):
                folder = model_folder(Path(name) / f"model-{seed}", options.tiny, seed)
                found += [child(v, folder, options, uneven, seed) for v in options.variants]
            table(found, "uneven rows" if uneven else "the built-in sample")


if __name__ == "__main__":
    main()
