"""Supervisors and workers that need no ten seconds of imports: a process that has imported all forks them.

`python -m tests.trainer.nursery` reads one JSON line a start: {"folder", "resume", "env"}. What it forks runs
`trainer.supervisor.supervise` in a session of its own, and forks the worker in turn: the same code, processes
and locks as `tunesmith train` has.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class Forked:
    """Takes the place of `subprocess.Popen` in the supervisor: the worker as a fork."""

    def __init__(self, command: list[str], pass_fds: tuple[int, ...] = (), env: dict[str, str] | None = None) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.environ.update(env or {})
            _run(lambda: _worker(command))


def _worker(command: list[str]) -> int:
    from trainer import worker

    sys.argv = ["worker", *command[command.index("trainer.worker") + 1 :]]
    return worker.main()


def _hurt() -> None:
    """Faults that must be there before the first line runs: a clock that jumps, few file handles."""
    if jump := os.environ.get("TUNESMITH_TEST_CLOCK"):
        real = time.time
        time.time = lambda: real() + (float(Path(jump).read_text() or 0) if Path(jump).exists() else 0.0)
    if step := os.environ.get("TUNESMITH_TEST_NAN"):
        _lost_number(int(step))
    if handles := os.environ.get("TUNESMITH_TEST_HANDLES"):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(handles), hard))


def _lost_number(step: int) -> None:
    """From this step on the loss is not a number."""
    from trainer.methods.loss import AnswerLossTrainer as Trainer

    whole = Trainer.compute_loss

    def broken(self: Any, *given: Any, **named: Any) -> Any:
        loss = whole(self, *given, **named)
        return loss * float("nan") if self.model.training and self.state.global_step + 1 >= step else loss

    Trainer.compute_loss = broken  # type: ignore[method-assign]


def _supervisor(order: dict[str, Any]) -> int:
    from trainer import supervisor
    from trainer.runs import Run

    os.environ.update(order["env"])
    _hurt()
    supervisor.subprocess = SimpleNamespace(Popen=Forked)  # type: ignore[assignment]
    return supervisor.supervise(Run(Path(order["folder"])), order["resume"])


def _run(work: Any) -> None:
    code = 70
    try:
        code = work()
    finally:
        if sys.exc_info()[0]:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _begin(order: dict[str, Any]) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(f"{order['folder']}/worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    _run(lambda: _supervisor(order))


def main() -> None:
    from trainer import worker  # noqa: F401
    from trainer.methods import judge, sft, train  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()  # else every fork walks through all that was imported
    print("ready", flush=True)
    for line in sys.stdin:
        if os.fork() == 0:
            _begin(json.loads(line))


if __name__ == "__main__":
    main()
