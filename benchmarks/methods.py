"""Every method with every adapter, trained for real on the CPU: does it learn, and is a resume exact?

`python -m benchmarks.methods` prints a table; `--methods dpo,kto --adapters lora,full` takes a part of it. Each cell
is a run as `tunesmith train` makes it (plan, approval, worker), without the test on the hold-out. It sees the same
few short rows again and again; the first steps' mean loss is compared with the last steps' over the same rows. A copy
of its middle checkpoint is then resumed, and every later loss compared with the unbroken run's.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.kills import difference, fork, new_run, waited
from trainer.errors import UserFacingError
from trainer.paths import SAMPLE_DATA, home
from trainer.proposal import propose
from trainer.records import append, read_from
from trainer.runs import Run
from trainer.wishes import Wishes

STEPS, MIDDLE, ROWS, BATCH = 12, 6, 8, 4
SECONDS = 900
METHODS: dict[str, dict[str, Any]] = {
    "sft": {},
    "cpt": {},
    "dpo": {},
    "kto": {},
    "orpo": {},
    "cpo": {},
    "cpo (simpo)": {"method": "cpo", "loss_type": "simpo"},
    "reward_modeling": {},
    "grpo": {"reward": ["length"], "reward_max_length": 40, "num_generations": 4, "max_completion_length": 24},
    "rloo": {"reward": ["length"], "reward_max_length": 40, "num_generations": 4, "max_completion_length": 24},
    "distillation": {
        "teacher_model": "tunesmith-tiny",
        "max_completion_length": 24,
        "gradient_accumulation_steps": 1,
    },
}
ADAPTERS: dict[str, dict[str, Any]] = {
    "full": {"learning_rate": 1e-3},
    "freeze": {"freeze_trainable_layers": 2, "learning_rate": 1e-3},
    "lora": {"learning_rate": 5e-3},
    "rslora": {"tuning": "lora", "use_rslora": True, "learning_rate": 2e-3},
    "dora": {"learning_rate": 5e-3},
    "pissa": {"tuning": "lora", "init_lora_weights": "pissa", "learning_rate": 1e-3},
    "olora": {"tuning": "lora", "init_lora_weights": "olora", "learning_rate": 1e-3},
    "eva": {"tuning": "lora", "init_lora_weights": "eva", "learning_rate": 5e-3},
    "qlora 4bit": {"tuning": "qlora", "quantization": "4bit", "learning_rate": 5e-3},
    "qlora 8bit": {"tuning": "qlora", "quantization": "8bit", "learning_rate": 5e-3},
    "adalora": {"learning_rate": 2e-2},
    "ia3": {"learning_rate": 2e-2},
    "oft": {"learning_rate": 1e-2},
    "vera": {"learning_rate": 5e-2},
    "prompt_tuning": {"learning_rate": 5e-2},
    "prefix_tuning": {"learning_rate": 2e-2},
}


def data(folder: Path, method: str) -> Path:
    """Rows of the sample in the method's format; the worse answer is always the same short one."""
    with SAMPLE_DATA.open(newline="", encoding="utf-8") as file:
        rows = [(r["customer_message"], r["agent_reply"]) for r in csv.DictReader(file)]
    rows = sorted((row for row in rows if all(row)), key=lambda row: len(row[0]) + len(row[1]))[: ROWS + 8]
    worse = "I do not know."
    if method == "cpt":
        lines = [{"text": f"{q} {a}"} for q, a in rows * 3]
    elif method == "kto":
        lines = [
            {"prompt": q, "completion": a if i % 2 else worse, "label": bool(i % 2)} for i, (q, a) in enumerate(rows)
        ]
    elif method in ("dpo", "orpo", "cpo", "reward_modeling"):
        lines = [{"prompt": q, "chosen": a, "rejected": worse} for q, a in rows]
    else:
        lines = [{"prompt": q, "completion": a} for q, a in rows]
    path = folder / f"{method}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def student(folder: Path) -> Path:
    """The built-in model with noise on its weights: what it has to learn from the model as it was."""
    import torch

    from trainer.methods.models import load_tokenizer
    from trainer.paths import BUILTIN_MODEL

    made = folder / "student"
    if not made.is_dir():
        from transformers import AutoModelForCausalLM

        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_pretrained(BUILTIN_MODEL)
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.5 * weight.std() * torch.randn_like(weight) if weight.dim() > 1 else 0.0)
        model.save_pretrained(made)
        load_tokenizer(BUILTIN_MODEL).save_pretrained(made)
    return made


def train(folder: Path, method: str, adapter: str) -> dict[str, Any]:
    """One cell: the trend of what is watched, the largest difference after a resume, the seconds it took."""
    wishes = {"method": method.split(" ", maxsplit=1)[0], "tuning": adapter, **ADAPTERS[adapter], **METHODS[method]}
    path = data(folder, wishes["method"])
    if wishes["method"] == "distillation":
        # the student's own words are learned from: where they run away, so does what is learned
        wishes |= {"base_model": str(student(folder)), "learning_rate": wishes["learning_rate"] / 5}
    began = time.monotonic()
    try:
        shape = {"max_steps": STEPS, "eval_steps": MIDDLE, "per_device_train_batch_size": BATCH, "max_length": 128}
        proposal = propose(path, Wishes(goal="learn", dataset_path=str(path), **shape, **wishes))
        run = new_run(proposal, f"{method}-{adapter}-{began}")
        code = waited(fork(run, resume=False), SECONDS)
    except (UserFacingError, TimeoutError) as error:
        return {"failed": str(error)}
    if code != 0:
        return {"failed": str(run.status().get("reason"))}
    return trend(run, wishes["method"]) | resumed(run) | {"seconds": time.monotonic() - began}


def trend(run: Run, method: str) -> dict[str, Any]:
    """Mean of the first and the last third of the logged values: rewards must rise, losses fall."""
    name = "reward" if method in ("grpo", "rloo") else "loss"
    values = [row[name] for row in run.history() if name in row and "eval_loss" not in row]
    third = len(values) // 3
    first, last = statistics.mean(values[:third]), statistics.mean(values[-third:])
    return {"first": first, "last": last, "learns": last > first if name == "reward" else last < first}


def resumed(run: Run) -> dict[str, Any]:
    """Resume a copy from the middle checkpoint; the largest difference to the unbroken run."""
    copy = new_run(run.proposal(), f"{run.id}-resumed-{time.monotonic()}")
    for name in ("data", "sealed"):
        shutil.copytree(run.folder / name, copy.folder / name)
    shutil.copytree(run.checkpoints / f"checkpoint-{MIDDLE}", copy.checkpoints / f"checkpoint-{MIDDLE}")
    for row in read_from(run.folder / "metrics.jsonl")[0]:
        if row.get("step", 0) <= MIDDLE:
            append(copy.folder / "metrics.jsonl", row)
    code = waited(fork(copy, resume=True), SECONDS)
    return {"resume": difference(copy, run) if code == 0 else float("inf"), "resume_code": code}


def told(cell: dict[str, Any]) -> str:
    """A cell in words."""
    if "failed" in cell:
        return f"not run: {cell['failed'][:160]}"
    way = "learns" if cell["learns"] else "DOES NOT LEARN"
    exact = f"resume {cell['resume']:.1e}" if cell["resume_code"] == 0 else "RESUME FAILED"
    return f"{cell['first']:.3f} -> {cell['last']:.3f} {way}, {exact}, {cell['seconds']:.0f} s"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--methods", default=",".join(METHODS))
    given.add_argument("--adapters", default=",".join(ADAPTERS))
    given.add_argument("--out", type=Path, help="a JSON file for the cells")
    options = given.parse_args()
    folder = home() / "benchmark-methods"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = [(m, a) for m in options.methods.split(",") for a in options.adapters.split(",")]
    cells: dict[str, Any] = {}
    for m, a in names:
        cells[f"{m} x {a}"] = cell = train(folder, m, a)
        print(f"{m:16} {a:14} {told(cell)}", flush=True)
    if options.out:
        options.out.write_text(json.dumps(cells, indent=1), "utf-8")
    run = [c for c in cells.values() if "failed" not in c]
    exact = sum(c["resume"] <= 1e-6 for c in run)
    learnt = sum(c["learns"] for c in run)
    print(f"{len(run)} of {len(cells)} cells trained, {learnt} moved the right way, {exact} resumed exactly")


if __name__ == "__main__":
    main()
