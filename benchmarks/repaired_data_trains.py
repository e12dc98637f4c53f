"""Does repaired data train better? The sample data, a dirtied copy, and that copy after `tunesmith prepare`.

python -m benchmarks.repaired_data_trains [--seeds 1 2 3] [--steps 160] [--only clean dirty ...] [--keep FOLDER]

clean: the sample. dirty: the same rows with faults. proposed: dirty after `prepare --yes`, no more. repaired:
that, after the further steps a person may ask for (near-duplicates, signatures, other languages).
150 clean rows are put aside before anything else and are in none of the files. Each file is planned and
trained by the commands a person would use, with the same number of steps, and every tuned model answers
the same 150 rows through the worker's own code. About a minute a training on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from trainer.paths import SAMPLE_DATA

ROOT = Path(__file__).parent.parent
WISH = "teach a model to sort our support mails by topic"
COLUMNS = ("customer_message", "topic")
TEST_ROWS = 150
LIMIT_S = 900

Row = dict[str, str]
SIGNATURE = (
    "\n\n--\nSent from my telephone. This message may hold confidential matters; if it was not meant for you, please "
    "delete it, tell the sender, and do not print it unless you really must."
)
JUNK = (
    "Sehr geehrte Damen und Herren, wir bieten Ihnen günstige Druckerpatronen aller Marken an, Lieferung frei Haus.",
    "Estimado cliente, le ofrecemos las mejores condiciones para renovar el seguro de su automóvil este verano.",
    "Уважаемые коллеги, приглашаем вас на ежегодную выставку промышленного оборудования в октябре.",
    "Cher client, profitez de nos offres exceptionnelles sur les fenêtres et les volets roulants jusqu'à dimanche.",
    "尊敬的客户,我们公司提供优质的包装材料和快速的国际物流服务,欢迎联系。",
)
SCORE = """
import json, sys
from trainer import base_models, metrics
from trainer.data.convert import Example
from trainer.methods import answers
from trainer.methods.judge import prompt_of
from trainer.methods.models import load_tokenizer, load_tuned
from trainer.paths import home
from trainer.runs import RunStore
from pathlib import Path

run = RunStore(home()).get(sys.argv[1])
plan = run.plan()
base = Path(base_models.resolve(plan.base_model).path)
rows = json.loads(Path(sys.argv[2]).read_text("utf-8"))
tests = [Example(n, (("user", r["customer_message"]), ("assistant", r["topic"]))) for n, r in enumerate(rows, 1)]
model = load_tuned(plan, base, run.model)
model.eval()
model.set_attn_implementation("sdpa")
said = answers.write(model, load_tokenizer(base), [prompt_of(e, base) for e in tests], 8)
right = metrics.exact(said, [e.answer for e in tests])
macro = metrics.macro_f1(said, [e.answer for e in tests])
print(json.dumps({"accuracy": float(sum(right) / len(right)), "macro_f1": macro.value, "said": said}))
"""


def clean_rows() -> list[Row]:
    """The sample's rows without its own blemishes."""
    with SAMPLE_DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    topics: dict[str, set[str]] = {}
    for row in rows:
        topics.setdefault(row["customer_message"], set()).add(row["topic"])
    once = {row["customer_message"]: row for row in rows if row["agent_reply"]}
    good = [t for t in once if len(topics[t]) == 1 and len(t) < 1000 and "@" not in t]
    return [{name: once[text][name] for name in COLUMNS} for text in good]


def divided(seed: int = 5) -> tuple[list[Row], list[Row]]:
    """(rows to train on, the rows every model is asked)."""
    rows = clean_rows()
    Random(seed).shuffle(rows)
    return rows[TEST_ROWS:], rows[:TEST_ROWS]


def dirtied(rows: list[Row], seed: int = 6) -> tuple[list[Row], dict[str, int]]:
    """The rows with faults that a repair can mend, and how many of each."""
    rng, out = Random(seed), [dict(row) for row in rows]
    done: Counter[str] = Counter()
    for row in out:
        for name, share, change in _CHANGES:
            if rng.random() < share:
                change(row, rng)
                done[name] += 1
    topics = sorted({row["topic"] for row in rows})
    for name, more in (
        ("near-duplicates of one class", _flood(rows, rng)),
        ("contradictory copies", [dict(rng.choice(rows)) | {"topic": rng.choice(topics)} for _ in range(60)]),
        ("foreign junk", [_junk(rng, topics) for _ in range(90)]),
    ):
        out += more
        done[name] += len(more)
    rng.shuffle(out)
    return out, dict(done)


def _flood(rows: list[Row], rng: Random) -> list[Row]:
    """Ten mails about payment, sixty times each with another number: a form that is sent again and again."""
    chosen = [row for row in rows if row["topic"] == "payment"][:10]
    return [
        row | {"customer_message": f"{row['customer_message']} (Ticket {rng.randrange(10**4, 10**5)})"}
        for row in chosen
        for _ in range(60)
    ]


def _junk(rng: Random, topics: list[str]) -> Row:
    return {"customer_message": f"{rng.choice(JUNK)} {rng.randrange(1000)}", "topic": rng.choice(topics)}


def _variant(row: Row, rng: Random) -> None:
    row["topic"] = rng.choice((row["topic"].title(), row["topic"].upper(), f"{row['topic']} ", f"{row['topic']}."))


def _garble(row: Row, rng: Random) -> None:
    spoken = row["customer_message"].replace("'", "’").replace(". ", " – ")
    row["customer_message"] = f"{spoken} …".encode().decode("cp1252", "replace")


def _sign(row: Row, rng: Random) -> None:
    row["customer_message"] += SIGNATURE


def _mark(row: Row, rng: Random) -> None:
    row["customer_message"] += rng.choice((" <|end|>\n<|assistant|>\npayment", "<|im_end|>", " <|end|>"))


def _empty(row: Row, rng: Random) -> None:
    row["topic"] = ""


_CHANGES = (
    ("label variants", 0.35, _variant),
    ("mojibake", 0.25, _garble),
    ("signatures", 0.4, _sign),
    ("control tokens", 0.1, _mark),
    ("empty answers", 0.08, _empty),
)


def write(path: Path, rows: list[Row]) -> Path:
    """Rows as the sample has them."""
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return path


def tunesmith(*given: object) -> dict[str, Any]:
    """A command of the command line; its document."""
    command = [sys.executable, "-c", "from ui.cli import main; main()", *map(str, given), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd=ROOT)
    if done.returncode:
        sys.exit(
            f"tunesmith {' '.join(map(str, given))} ended with {done.returncode}: {done.stdout}{done.stderr[-800:]}"
        )
    return dict(json.loads(done.stdout))


def trained(data: Path, seed: int, steps: int, test: Path) -> dict[str, Any]:
    """One plan, one run, its answers on the rows put aside."""
    plan = data.with_name(f"{data.stem}_{seed}.yaml")
    fixed = {
        "seed": seed,
        "max_steps": steps,
        "eval_steps": steps // 4,
        "early_stopping_patience": 4,
        "max_length": 128,
    }
    sets = [part for name, value in fixed.items() for part in ("--set", f"{name}={value}")]
    columns = ["--set", "prompt_column=customer_message", "--set", "label_column=topic"]
    tunesmith("plan", WISH, "--data", data, *sets, *columns, "-o", plan)
    run = tunesmith("train", plan, "--yes", "--follow")
    if run.get("status") != "finished":
        sys.exit(f"{data.name}, seed {seed}: {run.get('status')} {run.get('reason')}")
    command = [sys.executable, "-c", SCORE, run["run_id"], str(test)]
    scored = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True, cwd=ROOT)
    return dict(json.loads(scored.stdout.strip().splitlines()[-1]))


def prepared(source: Path, out: Path, *steps: str) -> Path:
    """What `tunesmith prepare` makes of a file when a person says yes to its proposals, or to steps of their own."""
    out.unlink(missing_ok=True)
    named = [part for step in steps for part in ("--step", step)]
    found = tunesmith("prepare", source, *named, "--yes", "-o", out)
    print(f"{out.name}: {found['rows_in']} -> {found['rows_out']} rows")
    for step in found["steps"]:
        print(
            f"  {step['op']}: {step['sentence']} ({step['changed']} changed, {step['set_aside']} set aside)", flush=True
        )
    return out


ASKED_FOR = ("deduplicate how=near", "strip_boilerplate", "filter_language keep=en")


def main() -> None:
    """Train on each file with each seed, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--only", nargs="*", default=["clean", "dirty", "proposed", "repaired"])
    parser.add_argument("--keep", type=Path, help="write the files here and leave them")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = asked.keep or Path(home)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ |= {"TUNESMITH_HOME": home, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
        compare(folder, asked.seeds, asked.steps, asked.only)


def compare(folder: Path, seeds: list[int], steps: int, only: list[str]) -> None:
    """All trainings, one after the other."""
    pool, aside = divided()
    test = folder / "test.json"
    test.write_text(json.dumps(aside), "utf-8")
    spoiled, counts = dirtied(pool)
    files = {"clean": write(folder / "clean.csv", pool), "dirty": write(folder / "dirty.csv", spoiled)}
    print(f"{len(pool)} clean rows; dirtied: {len(spoiled)} rows, {counts}; {len(aside)} rows put aside", flush=True)
    if {"proposed", "repaired"} & set(only):
        files["proposed"] = prepared(files["dirty"], folder / "proposed.csv")
        files["repaired"] = prepared(files["proposed"], folder / "repaired.csv", *ASKED_FOR)
    print(f"{'file':10} {'seed':>4} {'accuracy':>9} {'macro-F1':>9} {'s':>5}", flush=True)
    means = {name: _row(name, files[name], seeds, steps, test) for name in only}
    for name, scores in means.items():
        spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
        print(f"{name:10} mean {statistics.mean(scores):.3f}, standard deviation {spread:.3f}, {len(scores)} seeds")


def _row(name: str, data: Path, seeds: list[int], steps: int, test: Path) -> list[float]:
    scores = []
    for seed in seeds:
        started = time.perf_counter()
        found = trained(data, seed, steps, test)
        scores.append(found["accuracy"])
        took = time.perf_counter() - started
        print(f"{name:10} {seed:4} {found['accuracy']:9.3f} {found['macro_f1']:9.3f} {took:5.0f}", flush=True)
    return scores


if __name__ == "__main__":
    main()
