"""The only process boundary: start a run's supervisor.

`python -m trainer.launch RUN_FOLDER` is a small process without torch. It outlives the page, starts
the worker, and records how the worker ended (`trainer.supervisor`).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from trainer import endings, processes
from trainer.errors import UserFacingError
from trainer.machine import idle_threads, worker_env
from trainer.records import write_atomic
from trainer.runs import ACTIVE, Run
from trainer.supervisor import supervise

LEAVING_SECONDS = 30.0
"""How long a process that has ended its work may take to leave."""


def start(run: Run, resume: bool = False) -> None:
    """Start the run's supervisor in its own session, so that closing the page leaves it alone."""
    begun = (run.folder / "process.json").exists()
    if begun and run.status().get("status") in ACTIVE and run.alive():
        raise UserFacingError(f"{run.id} is running already", "", f"See `tunesmith show {run.id}`.")
    if begun:
        _wait_for_the_last_one(run)
    (run.folder / "stop").unlink(missing_ok=True)
    (run.folder / "exit.json").unlink(missing_ok=True)
    (run.folder / "process.json").unlink(missing_ok=True)
    (run.folder / "worker.json").unlink(missing_ok=True)
    run.set_status("starting", reason=None, phase=None)
    try:
        _supervised(run, resume)
    except OSError as error:
        kind = endings.kind_of_error(error)
        words = endings.words(kind, run) if kind else f"could not be started ({error.strerror})"
        run.set_status("failed", reason=words)
        raise UserFacingError(words, run.id) from error


def _supervised(run: Run, resume: bool) -> None:
    with (run.folder / "worker.log").open("ab") as log:
        supervisor = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "trainer.launch",
                str(run.folder),
                *(["resume"] if resume else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=worker_env(idle_threads(run.plan().compute.threads)),
            cwd=Path(__file__).parent.parent,
        )
    # noted here already: those who wait know that it is on its way, however slowly it starts
    write_atomic(run.folder / "process.json", processes.mark(supervisor.pid))


def _wait_for_the_last_one(run: Run) -> None:
    """A stopped run's process may still be on its way out; it holds the lock until then."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while run.alive() and time.monotonic() < deadline:
        time.sleep(0.1)


def main() -> int:
    """Entry of the supervisor."""
    run = Run(Path(sys.argv[1]))
    return supervise(run, resume="resume" in sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
