"""An experiment's process: started, watched, ended by the clock or by a person; its lines read. No torch in here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from trainer.errors import UserFacingError
from trainer.machine import idle_threads, worker_env
from trainer.records import read_from, write_atomic
from trainer.replays import leash
from trainer.runs import ACTIVE, Run, RunStore

POLL = 0.2
Watch = Callable[[int, int, float], None]
"""Told of steps done, steps in all and seconds passed. Raises to end the experiment."""


@contextmanager
def alone(run: Run) -> Iterator[None]:
    """The machine for one experiment. Raises where a run or another experiment holds it."""
    home = run.folder.parent.parent
    busy = [r.id for r in RunStore(home).all() if r.status().get("status") in ACTIVE]
    if busy:
        raise UserFacingError(
            f"{busy[0]} is being trained, and an experiment needs the machine for itself",
            "",
            f"Ask again when it has ended (tunesmith show {busy[0]}).",
        )
    try:
        with FileLock(str(home / "experiment.lock"), timeout=0):
            yield
    except Timeout:
        raise UserFacingError("another experiment is going on", "", "Ask again when it has ended.") from None


def lines_of(
    module: str, run: Run, request: dict[str, Any], minutes: float, steps: int, watch: Watch | None
) -> list[dict[str, Any]]:
    """Run `trainer.methods.MODULE` on a request about a run; the lines that it wrote, also when its time was over."""
    folder = Path(tempfile.mkdtemp(prefix=f"{module}-", dir=run.folder))
    asked, lines, log = folder / "request.json", folder / "lines.jsonl", folder / "log"
    try:
        write_atomic(asked, {"run": str(run.folder), **request})
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", f"trainer.methods.{module}", str(asked), str(lines)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=worker_env(idle_threads(run.plan().compute.threads)),
                cwd=Path(__file__).parents[2],
            )
            timely = _await(process, minutes, steps, lines, watch)
        if timely and process.returncode not in (0, leash.OVER):
            raise UserFacingError("the experiment failed", run.id, _last_line(log))
        return read_from(lines)[0]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(process: subprocess.Popen[bytes], minutes: float, steps: int, lines: Path, watch: Watch | None) -> bool:
    """Until it ends, or its minutes are over (False), or the watch ends it."""
    began = time.monotonic()
    try:
        while process.poll() is None:
            passed = time.monotonic() - began
            if passed > 60 * minutes:
                return False
            if watch:
                watch(sum("step" in line for line in read_from(lines)[0]), steps, passed)
            time.sleep(POLL)
        return True
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "It left no word."
