"""Estimates against what runs take: python benchmarks/estimates.py [--only 1,4] [--limit SECONDS] [-o FILE.json]

For each of 24 plans (methods x adapters x batches x lengths x two models): the estimate by the formula, the one
after a probe, and then the run itself, through the same supervisor and worker as any. Nothing that a run teaches
is kept between plans. The first plan runs again at the end: its ratio is the machine's own noise, which no
estimate can beat. On two quiet cores it takes under twenty minutes; beside other work the figures are not worth
reading, so the load is printed with them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HOME = Path(tempfile.mkdtemp(prefix="estimates-"))
os.environ["TUNESMITH_HOME"] = str(HOME)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).parent.parent))

from trainer import launch, probing
from trainer.errors import UserFacingError
from trainer.estimates import estimates, record
from trainer.paths import BUILTIN_MODEL
from trainer.proposal import propose_on, survey
from trainer.runs import RunStore
from trainer.wishes import Wishes

ROWS = 240
WORDS = ("parcel", "refund", "invoice", "password", "voucher", "account", "order", "late", "broken", "small", "green")


def _sentence(lot: random.Random, words: int) -> str:
    return " ".join(lot.choice(WORDS) for _ in range(words))


def write_data(folder: Path) -> dict[str, Path]:
    """Made-up rows: short, long and uneven questions, labels, pairs, judged answers, plain text."""
    lot = random.Random(0)
    lengths = {"short": (4, 12), "long": (60, 90), "uneven": (3, 120)}
    files = {}
    for name, (low, high) in lengths.items():
        rows = [
            (f"{i} {_sentence(lot, lot.randint(low, high))}?", _sentence(lot, lot.randint(4, 10))) for i in range(ROWS)
        ]
        files[name] = folder / f"{name}.jsonl"
        files[name].write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in rows))
    files["pairs"] = folder / "pairs.jsonl"
    files["judged"] = folder / "judged.jsonl"
    files["text"] = folder / "book.txt"
    pairs, judged = [], []
    for i in range(ROWS):
        prompt = f"{i} {_sentence(lot, lot.randint(4, 20))}?"
        good, bad = _sentence(lot, lot.randint(4, 12)), _sentence(lot, lot.randint(4, 12))
        pairs.append({"prompt": prompt, "chosen": good, "rejected": bad})
        judged.append({"prompt": prompt, "completion": good, "label": i % 2 == 0})
    files["pairs"].write_text("".join(json.dumps(r) + "\n" for r in pairs))
    files["judged"].write_text("".join(json.dumps(r) + "\n" for r in judged))
    files["text"].write_text("\n".join(_sentence(lot, 40) + "." for _ in range(500)))
    return files


SIZES: dict[str, dict[str, int]] = {
    "17M": {"hidden_size": 384, "intermediate_size": 1024, "num_hidden_layers": 9, "num_attention_heads": 6},
    "0.5B": {"hidden_size": 1024, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 16},
}


def write_model(folder: Path, size: str) -> Path:
    """A Llama of random weights with the built-in tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    small = json.loads((BUILTIN_MODEL / "config.json").read_text())
    names = ("bos_token_id", "eos_token_id", "pad_token_id", "vocab_size")
    shared = {name: small[name] for name in names} | {"max_position_embeddings": 1024, "tie_word_embeddings": True}
    LlamaForCausalLM(LlamaConfig(**SIZES[size], **shared)).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        shutil.copy(BUILTIN_MODEL / name, folder / name)
    return folder


def cases(larger: str) -> list[tuple[str, dict[str, Any]]]:
    """(data, wishes): what is varied, ten to forty steps each."""
    big = {"base_model": larger}
    batch = "per_device_train_batch_size"
    pack = {"gradient_accumulation_steps": 1}
    return [
        ("short", {"method": "sft", "tuning": "lora", "max_steps": 20}),
        ("long", {"method": "sft", "tuning": "lora", "max_steps": 12}),
        ("uneven", {"method": "sft", "tuning": "lora", "max_steps": 16, batch: 4, **pack}),
        ("uneven", {"method": "sft", "tuning": "full", "max_steps": 16}),
        ("short", {"method": "sft", "tuning": "full", "max_steps": 40, batch: 16, **pack}),
        ("short", {"method": "sft", "tuning": "lora", "max_steps": 10, batch: 4, "gradient_accumulation_steps": 4}),
        ("short", {"method": "sft", "tuning": "dora", "max_steps": 16}),
        ("short", {"method": "sft", "tuning": "qlora", "quantization": "4bit", "max_steps": 10}),
        ("uneven", {"method": "sft", "tuning": "freeze", "freeze_trainable_layers": 2, "max_steps": 16}),
        ("short", {"method": "sft", "tuning": "ia3", "max_steps": 16}),
        ("short", {"method": "sft", "tuning": "prefix_tuning", "max_steps": 16}),
        ("uneven", {"method": "sft", "tuning": "lora", "max_steps": 12, "padding_free": False}),
        ("long", {"method": "sft", "tuning": "lora", "max_steps": 10, "gradient_checkpointing": True}),
        ("text", {"method": "cpt", "tuning": "full", "max_steps": 10, "max_length": 256}),
        ("text", {"method": "cpt", "tuning": "lora", "max_steps": 10, "max_length": 128}),
        ("pairs", {"method": "dpo", "tuning": "lora", "max_steps": 12}),
        ("pairs", {"method": "orpo", "tuning": "lora", "max_steps": 12}),
        ("pairs", {"method": "reward_modeling", "tuning": "lora", "max_steps": 12}),
        ("judged", {"method": "kto", "tuning": "lora", "max_steps": 12}),
        (
            "short",
            {
                "method": "grpo",
                "tuning": "lora",
                "max_steps": 10,
                "reward": ["length"],
                "reward_max_length": 40,
                "max_completion_length": 24,
                "num_generations": 4,
            },
        ),
        ("short", {"method": "sft", "tuning": "lora", "max_steps": 12, **big}),
        ("uneven", {"method": "sft", "tuning": "full", "max_steps": 10, batch: 4, **pack, **big}),
        ("pairs", {"method": "dpo", "tuning": "lora", "max_steps": 10, **big}),
        ("long", {"method": "sft", "tuning": "full", "max_steps": 10, batch: 8, **pack, **big}),
    ]


def measured(data: Path, wishes: dict[str, Any], number: int) -> dict[str, Any]:
    """One plan: both estimates, then the run."""
    # random words teach nothing: without patience the runs would end early, which no estimate foretells
    asked = Wishes(goal="measure it", seed=1, early_stopping_patience=1000, **wishes)
    ground = survey(data, asked)
    proposal = propose_on(ground, asked)
    if proposal.blockers:
        raise UserFacingError(proposal.blockers[0].advice)
    before = estimates(proposal.plan, ground.facts)
    if before.time.low is None:
        raise UserFacingError("this machine's speed could not be measured: it is too busy for this benchmark")
    began = time.time()
    found = probing.probe(proposal, ground.facts, limit=LIMIT)
    took = time.time() - began
    after = estimates(proposal.plan, ground.facts, found)
    run, _ = RunStore(HOME).create(proposal, f"benchmark {number}")
    launch.start(run)
    while not record.record_file().exists() and run.alive():
        time.sleep(0.3)
    told = record.comparison(run)
    record.record_file().unlink(missing_ok=True)
    if told is None:
        raise UserFacingError(f"the run ended as {run.status().get('status')}: {run.status().get('reason')}")
    figures = {}
    for what, unit in (("memory", 1.0), ("time", 60.0)):
        ranges = [getattr(e, what) for e in (before, after)]
        real = told[what]["measured"]
        figures[what] = {
            "before": round(unit * ranges[0].middle, 2),
            "after": round(unit * ranges[1].middle, 2),
            "measured": round(unit * real, 2),
            "held": [r.low <= real <= r.high for r in ranges],
            "terms": {n: round(unit * v, 2) for n, v in ranges[1].terms.items()},
        }
    shutil.rmtree(run.folder / "checkpoints", ignore_errors=True)
    return figures | {"probe_seconds": round(took, 1), "load": os.getloadavg()[0], "early": told["early"]}


def error(figures: dict[str, Any], when: str) -> float:
    """Estimate over measured, less one: negative where it was too low."""
    return float(figures[when] / figures["measured"] - 1)


def summary(rows: list[dict[str, Any]]) -> None:
    """Median and 90th percentile of the errors, and the worst underestimate of memory."""
    for what in ("memory", "time"):
        for when in ("before", "after"):
            errors = sorted(abs(error(r[what], when)) for r in rows)
            p90 = errors[min(len(errors) - 1, int(0.9 * len(errors)))]
            held = sum(r[what]["held"][when == "after"] for r in rows)
            print(
                f"{what:<7} {when:<7} median {100 * errors[len(errors) // 2]:5.1f} %   p90 {100 * p90:5.1f} %"
                f"   inside the range {held} of {len(rows)}"
            )
    for when in ("before", "after"):
        worst = min(error(r["memory"], when) for r in rows)
        print(f"worst underestimate of memory {when} the probe: {100 * min(0.0, worst):.1f} %")


def line(name: str, figures: dict[str, Any]) -> str:
    """One plan in one line: estimate before, after, measured."""
    memory, seconds = figures["memory"], figures["time"]
    return (
        f"{name:<58} {memory['before']:5.2f} {memory['after']:5.2f} {memory['measured']:5.2f} GB "
        f"{100 * error(memory, 'after'):+5.1f} %   {seconds['before']:6.1f} {seconds['after']:6.1f} "
        f"{seconds['measured']:6.1f} s {100 * error(seconds, 'after'):+6.1f} %   load {figures['load']:.1f}"
    )


def named(data: str, wishes: dict[str, Any]) -> str:
    """What is special about a plan."""
    short = {"per_device_train_batch_size": "batch", "gradient_accumulation_steps": "x", "max_steps": "steps"}
    said = [str(wishes["method"]), str(wishes["tuning"]), data]
    rest = {k: v for k, v in wishes.items() if k not in ("method", "tuning", "base_model") and "reward" not in k}
    said += [f"{short.get(k, k)[:14]} {v}" for k, v in rest.items()]
    return " ".join(["larger" if "base_model" in wishes else "tiny", *said])[:58]


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="numbers of plans, by commas")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds a probe may take")
    parser.add_argument("--larger", choices=SIZES, default="17M", help="the larger of the two models")
    parser.add_argument("-o", "--output", type=Path)
    chosen = parser.parse_args()
    globals()["LIMIT"] = chosen.limit
    files = write_data(HOME)
    plans = cases(str(write_model(HOME / f"llama-{chosen.larger}", chosen.larger)))
    numbers = [int(n) for n in chosen.only.split(",") if n] or [*range(len(plans))]
    rows: list[dict[str, Any]] = []
    began = time.time()
    for number in [*numbers, numbers[0]]:
        data, wishes = plans[number]
        try:
            figures = measured(files[data], wishes, len(rows) + 1000 * (len(rows) == len(numbers)))
        except UserFacingError as problem:
            print(f"{number:>2} {named(data, wishes)}: not measured: {problem.sentence()}", flush=True)
            continue
        rows.append(figures | {"number": number, "name": named(data, wishes)})
        print(f"{number:>2} {line(named(data, wishes), figures)}", flush=True)
    if len(rows) > 1 and rows[-1]["number"] == rows[0]["number"]:
        again, first = rows.pop(), rows[0]
        ratio = again["time"]["measured"] / first["time"]["measured"]
        print(f"\nthe first plan again: {ratio:.2f} times as long (the machine's noise)")
    summary(rows)
    print(f"{len(rows)} plans in {(time.time() - began) / 60:.1f} minutes on {os.cpu_count()} cores")
    if chosen.output:
        chosen.output.write_text(json.dumps(rows, indent=1))


LIMIT = 60.0

if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(HOME, ignore_errors=True)
