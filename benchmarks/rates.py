"""Learning rates on the built-in model, side by side: python benchmarks/rates.py [--data FILE] [--task TASK].

Trains the same plan at several rates, all weights and LoRA, one after the other in one process tree, and
prints the result on the sealed rows. About 20 minutes on two cores with the sample data.
"""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from trainer import launch
from trainer.paths import SAMPLE_DATA, home
from trainer.proposal import propose
from trainer.runs import ACTIVE, RunStore
from trainer.wishes import Wishes

RATES = {"full": (5e-4, 1e-3, 2e-3, 4e-3), "lora": (1e-3, 2e-3, 5e-3)}


def measured(path: Path, wishes: Wishes) -> str:
    """One run; its figure on the hold-out."""
    run, _ = RunStore(home()).create(propose(path, wishes), f"bench-{uuid.uuid4().hex}")
    launch.start(run)
    while run.status().get("status") in ACTIVE:
        time.sleep(1)
    result = run.result()
    if not result:
        return str(run.status().get("reason"))
    t = result["tuned"]
    return f"{result['metric']} {t['value']:.3f} ({t['low']:.3f} to {t['high']:.3f})"


def main() -> None:
    """Print a line a rate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=SAMPLE_DATA)
    parser.add_argument("--task", default=None)
    asked = parser.parse_args()
    for tuning, rates in RATES.items():
        for rate in rates:
            wishes = Wishes(goal="compare rates", task=asked.task, tuning=tuning, learning_rate=rate)
            print(f"{tuning:5} {rate:<7g} {measured(asked.data, wishes)}", flush=True)


if __name__ == "__main__":
    main()
