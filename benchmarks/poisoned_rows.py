"""Planted rows among good ones: does the run's record lead to them?

`python -m benchmarks.poisoned_rows --trials 10` trains the built-in model on 2,000 rows into which 1 to 5 bad rows were
put: encoded data, another language, twenty times the length, and, where the answers are labels, the label of another
class. The rows are letters to the built-in sample's desk without its own blemishes; their topics and their replies are
learned in turn (or `--data FILE`, its first two columns). After the run the first suspects are compared with those of
the planted rows that were trained on.
"""

from __future__ import annotations

import argparse
import base64
import csv
import itertools
import json
import random
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.kills import fork, new_run, waited
from trainer.builtin import sample
from trainer.builtin.grammar import load
from trainer.paths import home
from trainer.proposal import propose
from trainer.runs import Run
from trainer.wishes import Wishes

ROWS, FIRST = 2000, 5
KINDS = ("encoded", "language", "contradiction", "long")
TASKS = ("topic", "agent_reply")
LABELS = 0.1
"""Distinct answers under this share of the rows are labels."""
WINDOW = 1024
"""Rows of twenty times the usual length are trained on, not cut before their answer."""
FOREIGN = (
    "Es tut mir leid, dass Ihre Lieferung noch nicht angekommen ist; wir kümmern uns sofort darum und melden uns.",
    "Lamentamos mucho las molestias, vamos a revisar su pedido y le responderemos lo antes posible por correo.",
    "Nous sommes désolés pour ce retard et nous vous rembourserons le montant complet dans les prochains jours.",
)


def pairs(data: Path | None, answer: str, lot: random.Random) -> tuple[list[tuple[str, str]], bool]:
    """Questions and answers, and whether the answers are labels: a file's first two columns, or letters of our own."""
    if data is None:
        made = sample.clean_rows(ROWS, load(sample.FILES), lot)
        good = [(row.customer_message, str(getattr(row, answer))) for row in made]
    else:
        with data.open(newline="", encoding="utf-8") as file:
            good = [(q, a) for q, a, *_ in list(csv.reader(file))[1:] if q and a]
        lot.shuffle(good)
    return good[:ROWS], len({a for _, a in good}) < LABELS * len(good)


def planted(rows: list[tuple[str, str]], labels: bool, lot: random.Random) -> dict[int, str]:
    """Change 1 to 5 of the rows in place; row number -> kind. Of rows with labels the question is changed."""
    done: dict[int, str] = {}
    answers = sorted({a for _, a in rows})
    for _ in range(lot.randint(1, 5)):
        at = lot.choice([i for i in range(len(rows)) if i + 1 not in done])
        kind = lot.choice([k for k in KINDS if labels or k != "contradiction"])
        question, answer = rows[at]
        kept = question if labels else answer
        told = " ".join(row[0 if labels else 1] for row in lot.sample(rows, 20))
        bad = {
            "encoded": base64.b64encode(lot.randbytes(300)).decode(),
            "language": lot.choice(FOREIGN),
            "long": f"{kept} {told}",
            "contradiction": lot.choice([a for a in answers if a != answer]),
        }[kind]
        rows[at] = (bad, answer) if labels and kind != "contradiction" else (question, bad)
        done[at + 1] = kind
    return done


def timed() -> None:
    """In a worker: how long the recording of rows and their losses takes, as an event when the training ends."""
    from trainer.methods import dealt, hours, loss, saving

    spent = {"seconds": 0.0}

    def clocked(function: Any) -> Any:
        def inner(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                spent["seconds"] += time.perf_counter() - began

        return inner

    tell = hours.Hours.tell

    def told(self: Any, saved: float) -> None:
        tell(self, saved)
        self.run.event("recording", **spent)

    saving.taken, loss.by_row, hours.Hours.tell = clocked(saving.taken), clocked(loss.by_row), told
    dealt.Ledger.add, dealt.Ledger.write = clocked(dealt.Ledger.add), clocked(dealt.Ledger.write)


def share_of(run: Run) -> float:
    """Seconds of recording over seconds of steps."""
    recorded, steps = (next(e for e in run.events() if e["kind"] == kind) for kind in ("recording", "spent"))
    return float(recorded["seconds"]) / float(steps["steps"])


def trial(
    folder: Path, seed: int, data: Path | None, epochs: float
) -> tuple[dict[int, str], list[dict[str, Any]], float]:
    """One run: what was planted, the suspects in their order, and the recording's share of the steps' time."""
    from tools.suspecting import card, hardest
    from trainer.diagnosis.dealt import read_steps

    lot = random.Random(seed)
    rows, labels = pairs(data, TASKS[seed % len(TASKS)], lot)
    bad = planted(rows, labels, lot)
    path = folder / f"rows-{seed}.jsonl"
    names = ("text", "label") if labels else ("prompt", "completion")
    path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows), "utf-8")
    shape = {"num_train_epochs": epochs, "seed": seed, "max_length": WINDOW}
    more = {"per_device_train_batch_size": 16, "gradient_accumulation_steps": 1, "early_stopping_patience": 1000}
    proposal = propose(path, Wishes(goal="find them", dataset_path=str(path), tuning="full", **shape, **more))
    run = new_run(proposal, f"poisoned-{seed}")
    if waited(fork(run, resume=False, before=timed), 1800) != 0:
        raise SystemExit(f"the run failed: {run.status().get('reason')}")
    found, kept = hardest(run, FIRST)
    trained = {row for step in read_steps(run.folder) for row in step.rows}
    cards = [card(s, kept) for s in found]
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    return {row: kind for row, kind in bad.items() if row in trained}, cards, share_of(run)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--trials", type=int, default=10)
    given.add_argument("--data", type=Path)
    given.add_argument("--epochs", type=float, default=2.0)
    given.add_argument("--seed", type=int, default=1)
    options = given.parse_args()
    folder = home() / "benchmark-poisoned"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    whole, named, all_bad, seconds, shares = 0, 0, 0, [], []
    for seed in itertools.count(options.seed):
        if len(seconds) == options.trials:
            break
        began = time.monotonic()
        bad, cards, share = trial(folder, seed, options.data, options.epochs)
        if not bad:  # all planted rows fell to the other sides of the split
            continue
        seconds.append(time.monotonic() - began)
        shares.append(share)
        first = [c["row"] for c in cards]
        hit = {row for row in bad if row in first}
        whole += len(hit) == len(bad)
        named, all_bad = named + len(hit), all_bad + len(bad)
        missed = ", ".join(f"{kind} in row {row}" for row, kind in bad.items() if row not in hit)
        print(f"seed {seed}: {len(hit)} of {len(bad)} planted rows among the first {FIRST}; missed: {missed or 0}")
        for one in cards:
            mark = bad.get(one["row"], "-")
            print(
                f"   row {one['row']:>5} {mark:14} score {one['score']:6.1f}  {'; '.join(one['odd'])[:100]}", flush=True
            )
    middle = statistics.median(seconds)
    print(f"recording took {statistics.median(shares):.2%} of the steps' time (median), {max(shares):.2%} at most")
    print(f"all named in {whole} of {options.trials} trials, {named} of {all_bad} rows; {middle:.0f} s a trial")


if __name__ == "__main__":
    main()
