"""How long a planning turn of the built-in brain takes, the data file profiled before.

python -m benchmarks.planning_turn
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from agent.builtin.understand import understand
from agent.session import Session
from agent.situation import Situation
from trainer.machine import read_machine
from trainer.paths import SAMPLE_DATA

TURNS = ["2 epochs", "half the learning rate", "rank 32 but only attention", "smaller batch", "lr 1e-4 and packing off"]
ROUNDS = 6


def main() -> None:
    """Median and worst of whole revise turns, and of reading alone."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["TUNESMITH_HOME"] = folder
        read_machine()
        session = Session("bench", None, [home], home)
        session.give_file(SAMPLE_DATA)
        session.ask("train a model that answers these mails, lora")
        took = []
        for n in range(ROUNDS):
            for words in TURNS:
                start = time.perf_counter()
                session.ask(f"{words} {'please' * (n % 2)}")
                took.append(1000 * (time.perf_counter() - start))
        session.close()
    read = []
    for words in TURNS * ROUNDS:
        start = time.perf_counter()
        understand(words, Situation(state="plan_proposed", plan={"learning_rate": 2e-4, "num_train_epochs": 3}))
        read.append(1000 * (time.perf_counter() - start))
    for name, times in (("planning turn", took), ("reading alone", read)):
        print(f"{name}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms of {len(times)}")


if __name__ == "__main__":
    main()
