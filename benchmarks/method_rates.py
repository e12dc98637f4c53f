"""Learning rates by method and adapter on the built-in model: python benchmarks/method_rates.py.

Rows are made from the sample data: messages with their topic, pairs of the right topic and another, both marked.
grpo, rloo and distillation start from (or learn from) a model that sft has taught for a while. One seed; a line a
rate: the figure on the validation rows before and after. About an hour for everything on one quiet core.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "TRL_EXPERIMENTAL_SILENCE": "1"}
sys.path.insert(0, str(Path(__file__).parent.parent))

from trainer.paths import BUILTIN_MODEL, SAMPLE_DATA
from trainer.proposal import divided, propose_on, suited, survey
from trainer.wishes import Wishes

SMALL = ("full", "freeze")
RATES = {
    "sft": {True: (3e-4, 1e-3, 3e-3), False: (1e-3, 3e-3, 1e-2, 3e-2)},
    "cpt": {True: (3e-4, 1e-3, 3e-3), False: (1e-3, 3e-3, 1e-2)},
    "dpo": {True: (1e-5, 1e-4, 1e-3), False: (1e-4, 1e-3, 1e-2)},
    "online": {True: (1e-5, 1e-4, 1e-3), False: (1e-4, 1e-3, 1e-2)},
}
"""By kind of method, for all weights (True) and adapters (False)."""
METHODS = ("sft", "cpt", "dpo", "kto", "orpo", "cpo", "reward_modeling", "grpo", "rloo", "distillation")
ADAPTERS = ("dora", "adalora", "ia3", "oft", "vera", "prompt_tuning", "prefix_tuning", "freeze")
KIND = {"sft": "sft", "distillation": "online", "cpt": "cpt", "grpo": "online", "rloo": "online"}


ROWS = 200
"""Few and short rows, so that many rates can be tried."""


def files(folder: Path) -> dict[str, Path]:
    """The sample data as pairs, judged answers and labels; answers are topics, the worse ones other topics."""
    with SAMPLE_DATA.open(encoding="utf-8") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda r: len(r["customer_message"]))[:ROWS]
    topics = sorted({row["topic"] for row in rows})
    triples = [
        (r["customer_message"], r["topic"], topics[topics.index(r["topic"]) - 1 - i % 5]) for i, r in enumerate(rows)
    ]
    made: dict[str, list[dict[str, Any]]] = {
        "pairs": [{"prompt": asked, "chosen": right, "rejected": wrong} for asked, right, wrong in triples],
        "judged": [
            {"prompt": asked, "completion": right if i % 2 else wrong, "label": bool(i % 2)}
            for i, (asked, right, wrong) in enumerate(triples)
        ],
        "labels": [{"text": asked, "label": right} for asked, right, _ in triples],
        "text": [{"text": asked} for asked, _, _ in triples],
    }
    paths = {name: folder / f"{name}.jsonl" for name in made}
    for name, path in paths.items():
        path.write_text("".join(json.dumps(row) + "\n" for row in made[name]), "utf-8")
    return paths


FILE = {"cpt": "text", "kto": "judged", "grpo": "labels", "rloo": "labels", "sft": "labels", "distillation": "labels"}


def trained(data: Path, base: Path, out: Path, **wishes: Any) -> tuple[dict[str, float], dict[str, float], Any]:
    """Validation figures before and after, and the trainer."""
    from transformers import PrinterCallback, set_seed

    from trainer.methods.build import trainer_for
    from trainer.methods.setup import Setup

    wish = Wishes(
        goal="compare rates",
        base_model=str(base),
        val_split=0.2,
        load_best_model_at_end=False,
        eval_steps=10_000,
        **wishes,
    )
    ground = survey(data, wish)
    plan = propose_on(ground, wish).plan
    parts = divided(suited(ground.inspected.examples, plan), plan.data, plan.schedule.seed)
    set_seed(plan.schedule.seed)
    trainer = trainer_for(Setup(plan, base, parts.train, parts.val, out, plan.schedule.max_steps))
    trainer.remove_callback(PrinterCallback)
    before = looked_at(trainer)
    trainer.train()
    return before, looked_at(trainer), trainer


def looked_at(trainer: Any) -> dict[str, float]:
    """The figures on the validation rows; TRL adds some of them only as it logs."""
    trainer.evaluate()
    return next(dict(row) for row in reversed(trainer.state.log_history) if "eval_loss" in row)


def figures(before: dict[str, float], after: dict[str, float]) -> str:
    """The figures that tell: loss, reward, and how often the better answer is preferred."""
    names = ("eval_loss", "eval_reward", "eval_rewards/accuracies", "eval_accuracy")
    return "  ".join(f"{n[5:]} {before[n]:.4f} -> {after[n]:.4f}" for n in names if n in after and n in before)


def taught(paths: dict[str, Path], folder: Path, file: str, steps: int) -> Path:
    """The built-in model after a short sft on one of the files."""
    path = folder / f"taught-{file}"
    _, _, trainer = trained(paths[file], BUILTIN_MODEL, folder / "out", method="sft", max_steps=steps)
    trainer.save_model(str(path))
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (BUILTIN_MODEL / name).is_file():
            (path / name).write_bytes((BUILTIN_MODEL / name).read_bytes())
    return path


def combinations(asked: list[str]) -> list[tuple[str, str]]:
    """What to measure, in order."""
    if asked:
        return [(method, tuning) for method, tuning in (pair.split("/") for pair in asked)]
    return [(m, t) for m in METHODS for t in ("full", "lora")] + [("sft", t) for t in ADAPTERS]


def prepared(method: str, paths: dict[str, Path], folder: Path, bases: list[Path]) -> tuple[Path, dict[str, Any]]:
    """The base model and further wishes of a method; the taught model is made once."""
    if method not in ("grpo", "rloo", "distillation"):
        return BUILTIN_MODEL, {}
    if not bases:
        bases.append(taught(paths, folder, "labels", 40))
    more: dict[str, Any] = {"max_completion_length": 12}
    if method == "distillation":
        return BUILTIN_MODEL, more | {"teacher_model": str(bases[0])}
    return bases[0], more


def main() -> None:
    """Print a line a rate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("what", nargs="*", help="METHOD/TUNING, such as dpo/lora; everything when none is named")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, bases = Path(name), []
        paths = files(folder)
        for method, tuning in combinations(asked.what):
            base, more = prepared(method, paths, folder, bases)
            wishes = more | {"method": method, "tuning": tuning, "max_steps": asked.steps}
            for rate in RATES[KIND.get(method, "dpo")][tuning in SMALL]:
                data = paths[FILE.get(method, "pairs")]
                before, after, _ = trained(data, base, folder / "out", learning_rate=rate, **wishes)
                print(f"{method:16} {tuning:14} {rate:<8g} {figures(before, after)}", flush=True)


if __name__ == "__main__":
    main()
