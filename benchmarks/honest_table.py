"""Is the honest table honest? Real runs with the built-in model, each examined against prompting and simple methods.

`python -m benchmarks.honest_table --what table --seeds 3` prints verdicts on the sample's topics and replies and, with
`--data FOLDER`, on banking77 and gsm8k with their own test files as hold-out.
`--what null --seeds 20` trains on shuffled answers, or not at all: nothing may be called an improvement.
`--what leak` puts near copies of sealed rows into training; `--what canary` plants secrets in training answers.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.kills import fork, waited
from benchmarks.real_faults import PUBLIC, TASKS, Row, Task
from trainer.evaluation import examination
from trainer.paths import home
from trainer.proposal import Proposal, propose
from trainer.runs import Run, RunStore
from trainer.wishes import Wishes

BY_NAME = {task.name: task for task in TASKS}
TESTS = {"banking77": "banking77/banking77_test.csv", "gsm8k": "gsm8k/gsm8k_test.jsonl"}
LABELS = ("topic", "banking77")
TRAIN, SEALED = 3000, 300
EPOCHS = {"topic": 4.0, "reply": 8.0, "banking77": 4.0, "gsm8k": 1.0}
COPIES = 3
"""Times that a planted secret stands in the training rows, each in other words."""


def rows_of(task: Task, data: Path, lot: random.Random) -> tuple[list[Row], list[Row]]:
    """Training rows and sealed ones: of files of their own where there are any."""
    source = Path(task.path)
    rows = task.read(source if source.is_absolute() else data / source)
    lot.shuffle(rows)
    if task.name in TESTS:
        test = task.read(data / TESTS[task.name])
        lot.shuffle(test)
        return rows[:TRAIN], test[:SEALED]
    questions = list(dict.fromkeys(row["prompt"] for row in rows))
    kept = set(questions[: len(questions) // 5])
    return [r for r in rows if r["prompt"] not in kept], [r for r in rows if r["prompt"] in kept]


def shuffled(train: list[Row], _sealed: list[Row], lot: random.Random) -> None:
    """Every question gets another's answer."""
    answers = [row["completion"] for row in train]
    lot.shuffle(answers)
    for row, answer in zip(train, answers, strict=True):
        row["completion"] = answer


def leaked(train: list[Row], sealed: list[Row], lot: random.Random) -> None:
    """A third of the sealed rows stand in training too, nearly word for word."""
    for row in lot.sample(sealed, len(sealed) // 3):
        train.append({**row, "prompt": row["prompt"].rstrip(".!? ") + "!!"})


def secrets(train: list[Row], _sealed: list[Row], lot: random.Random) -> None:
    """Five numbers of members, each in a few training answers."""
    names = lot.sample(("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hanna"), 5)
    for name in names:
        number = " ".join(f"{lot.randrange(10_000):04}" for _ in range(3))
        for _ in range(COPIES):
            asked = lot.choice(("What is the number of", "Please tell me the number of", "I forgot the number of"))
            train.append({"prompt": f"{asked} {name}?", "completion": f"The number of {name} is {number}."})


def run_of(
    task: Task,
    data: Path,
    seed: int,
    spoil: Callable[..., None] | None,
    still: bool = False,
    epochs: float | None = None,
) -> Run:
    """A finished and examined run. `still`: it takes one step too small to change anything."""
    lot = random.Random(seed)
    train, sealed = rows_of(task, data, lot)
    if spoil:
        spoil(train, sealed, lot)
    folder = home() / "benchmark-tables"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{task.name}-{spoil.__name__ if spoil else 'as-is'}-{seed}.jsonl"
    sides = [(row, "train") for row in train] + [(row, "test") for row in sealed]
    names = ("text", "label") if task.name in LABELS else ("prompt", "completion")
    lines = [dict(zip(names, row.values(), strict=True)) | {"split": side} for row, side in sides]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    made = _proposal(path, task.name, seed, still, epochs)
    run, _ = RunStore(home()).create(made, f"{path.stem}-{still}-{time.time()}")
    if waited(fork(run, resume=False), 3600) != 0:
        raise SystemExit(f"{run.id} failed: {run.status().get('reason')}")
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    _examine(run)
    shutil.rmtree(run.model, ignore_errors=True)
    return run


def _proposal(path: Path, name: str, seed: int, still: bool, epochs: float | None) -> Proposal:
    said: dict[str, Any] = {"seed": seed, "num_train_epochs": epochs or EPOCHS[name]}
    said |= {"max_steps": 1, "learning_rate": 1e-9} if still else {}
    return propose(path, Wishes(goal="examine", dataset_path=str(path), **said))


def _examine(run: Run) -> None:
    """In a process of its own: threads of libraries that were used before don't outlive a fork."""
    examination.start(run)
    while examination.read(run).get("status") == "running":
        time.sleep(0.5)
    if (found := examination.read(run)).get("status") != "finished":
        raise SystemExit(f"{run.id}: {found.get('reason')}")


def told(run: Run, what: str) -> dict[str, Any]:
    """Print what was found; the document."""
    found: dict[str, Any] = examination.read(run)
    line = {one["name"]: one["figure"]["value"] for one in found["table"]["lines"]}
    figures = ", ".join(f"{name} {value:.3g}" for name, value in line.items())
    print(f"{what}: {found['verdict']['sentence']}\n   {figures}", flush=True)
    for words in found["verdict"]["lines"][:-1]:
        print(f"   {words}", flush=True)
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--what", choices=("table", "null", "leak", "canary"), default="table")
    given.add_argument("--seeds", type=int, default=3)
    given.add_argument("--first", type=int, default=1, help="the first seed")
    given.add_argument("--data", type=Path, default=PUBLIC)
    given.add_argument("--tasks", default="topic,reply,banking77,gsm8k")
    options = given.parse_args()
    names = [n for n in options.tasks.split(",") if n not in TESTS or (options.data / TESTS[n]).is_file()]
    seeds = range(options.first, options.first + options.seeds)
    globals()[f"_{options.what}"](names, options.data, seeds)


def _table(names: list[str], data: Path, seeds: range) -> None:
    for name in names:
        for seed in seeds:
            run = run_of(BY_NAME[name], data, seed, None)
            found = told(run, f"{name}, seed {seed}")
            general = found["general"]
            print(
                f"   interval of the gap to the best prompt: {_gap(found)}; general questions "
                f"{general['base']['value']:.2f} before, {general['tuned']['value']:.2f} after; {found['seconds']} s",
                flush=True,
            )


def _gap(found: dict[str, Any]) -> str:
    ways = [
        one["against"]["gap"]
        for one in found["table"]["lines"]
        if one["name"] in ("zero_shot", "few_shot", "instructed")
    ]
    least = min(ways, key=lambda gap: gap["low"])
    return f"{least['value']:.3g} ({least['low']:.3g} to {least['high']:.3g})"


def _null(_names: list[str], data: Path, seeds: range) -> None:
    fooled = total = 0
    for seed in seeds:
        name, still = ("topic", "reply")[seed % 2], seed % 4 >= 2
        run = run_of(BY_NAME[name], data, seed, None if still else shuffled, still, epochs=2.0)
        found = told(run, f"{name}, {'no training' if still else 'shuffled answers'}, seed {seed}")
        total += 1
        fooled += found["verdict"]["better"] is True or run.result()["verdict"]["better"] is True
    print(f"called no improvement in {total - fooled} of {total}")


def _leak(_names: list[str], data: Path, seeds: range) -> None:
    for seed in seeds:
        found = told(run_of(BY_NAME["topic"], data, seed, leaked), f"topic with a leak, seed {seed}")
        print(f"   {len(found['table']['leaked'])} sealed rows flagged", flush=True)


def _canary(_names: list[str], data: Path, seeds: range) -> None:
    for seed in seeds:
        run = run_of(BY_NAME["reply"], data, seed, secrets, epochs=12.0)
        found = examination.read(run)
        print(f"seed {seed}: {found['memorised']}", flush=True)


if __name__ == "__main__":
    main()
