"""Workers whose trainings take a second: real processes that write a record, without torch.

`python -m tests.tools.search.quick STUDY_FOLDER` is a worker; with `run RUN_FOLDER` it is one training.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

from trainer import processes
from trainer.records import append, write_atomic
from trainer.runs import Run

LOOKS = 5


def loss_of(run: Run) -> float:
    """Lowest at a rate of 6e-3; longer trainings are better."""
    plan = run.plan()
    off = abs(math.log10(plan.optimisation.learning_rate) + 2.2)
    return 1.0 + off + 0.1 / plan.schedule.num_train_epochs


def train(run: Run) -> None:
    """A curve that falls to its loss."""
    for look in range(1, LOOKS + 1):
        time.sleep(0.15)
        run.set_status("running", step=look, max_steps=LOOKS)
        append(run.folder / "metrics.jsonl", {"step": look, "eval_loss": loss_of(run) + 1.0 / look - 1.0 / LOOKS})
        if (run.folder / "stop").exists():
            run.set_status("stopped")
            return
    run.set_status("finished")


def start(run: Run, resume: bool = False) -> None:
    """What `trainer.launch.start` does, for such a training."""
    for part in ("data", "sealed"):
        (run.folder / part).mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.tools.search.quick", "run", str(run.folder)]
    process = subprocess.Popen(command, start_new_session=True)
    write_atomic(run.folder / "process.json", processes.mark(process.pid))


def main() -> None:
    if sys.argv[1] == "run":
        train(Run(Path(sys.argv[2])))
        return
    from tools.search import worker
    from tools.search.study import Study

    worker.launch.start = start
    worker.POLL = 0.05
    worker.Worker(Study(Path(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
