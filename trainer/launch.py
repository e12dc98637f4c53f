"""The only process boundary: start, stop and watch a worker.

`python -m trainer.launch RUN_FOLDER` is a small supervisor without torch. It outlives the page,
starts the worker, and records how the worker ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from io import TextIOWrapper
from pathlib import Path

import psutil

from trainer.errors import UserFacingError
from trainer.machine import worker_env
from trainer.records import write_atomic
from trainer.runs import ACTIVE, Run

LEAVING_SECONDS = 30.0
"""How long a process that has ended its work may take to leave."""
BUSY = 50.0
"""Per cent of a core that others use before that core counts as taken."""


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
    run.set_status("starting", reason=None)
    with (run.folder / "worker.log").open("ab") as log:
        subprocess.Popen(
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
            env=worker_env(_threads(run)),
            cwd=Path(__file__).parent.parent,
        )


def _wait_for_the_last_one(run: Run) -> None:
    """A stopped run's process may still be on its way out; it holds the lock until then."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while run.alive() and time.monotonic() < deadline:
        time.sleep(0.1)


def _threads(run: Run) -> int:
    """Idle cores, at most as many as the plan says: sharing a core costs more than it gives."""
    busy = sum(load > BUSY for load in psutil.cpu_percent(interval=0.2, percpu=True))
    wanted = run.plan().compute.threads
    return max(1, min(wanted, (os.cpu_count() or 1) - busy))


def _mark(file: Path, pid: int) -> None:
    """Note a process with its start time, so that a reused id is not taken for it."""
    write_atomic(file, {"pid": pid, "create_time": psutil.Process(pid).create_time()})


def supervise(run: Run, resume: bool) -> int:
    """Run the worker to its end and record how it ended."""
    lock = _lock(run)
    if lock is None:
        return 3
    _mark(run.folder / "process.json", os.getpid())
    command = [
        sys.executable,
        "-m",
        "trainer.worker",
        str(run.folder),
        *(["resume"] if resume else []),
    ]
    # the worker holds the lock too: it outlives a killed supervisor, and nobody may start a second one
    worker = subprocess.Popen(command, pass_fds=[lock.fileno()])
    signal.signal(signal.SIGTERM, lambda *_: worker.terminate())
    _mark(run.folder / "worker.json", worker.pid)
    run.set_status("starting", worker_pid=worker.pid)
    peak = [0.0]
    threading.Thread(target=_watch, args=(worker.pid, peak), daemon=True).start()
    code = worker.wait()
    _record_end(run, code, peak[0])
    lock.close()
    return code


def _lock(run: Run) -> TextIOWrapper | None:
    """One worker a run: the second one finds the lock taken and leaves."""
    import fcntl

    file = (run.folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _watch(pid: int, peak: list[float]) -> None:
    """Keep the worker's largest memory, in GB."""
    try:
        process = psutil.Process(pid)
        while True:
            peak[0] = max(peak[0], process.memory_info().rss / 1e9)
            time.sleep(1)
    except psutil.Error:
        return


def _record_end(run: Run, code: int, peak_gb: float) -> None:
    reason = _reason(run, code, peak_gb)
    write_atomic(run.folder / "exit.json", {"code": code, "peak_gb": round(peak_gb, 2), "reason": reason})
    run.event("worker_ended", code=code, peak_gb=round(peak_gb, 2), reason=reason)
    status = run.status()
    if code != 0 and status.get("status") not in ("failed", "finished", "stopped"):
        run.set_status("died", reason=reason, saved=run.last_checkpoint_name())


def _reason(run: Run, code: int, peak_gb: float) -> str:
    if code == 0:
        return "ended by itself"
    log = (run.folder / "worker.log").read_text("utf-8", errors="replace")[-4000:]
    if "MemoryError" in log or "OutOfMemoryError" in log or "can't allocate memory" in log:
        return f"out of memory (it held {peak_gb:.1f} GB)"
    if "No space left on device" in log:
        return "the disk is full"
    if code == -signal.SIGKILL:
        return f"killed (signal 9) while it held {peak_gb:.1f} GB; the system kills what takes too much memory"
    if code < 0:
        return f"ended by signal {-code} ({signal.Signals(-code).name})"
    lines = [line for line in log.splitlines() if line.strip()]
    return f"crashed: {lines[-1][:300]}" if lines else f"ended with code {code}"


def main() -> int:
    """Entry of the supervisor."""
    run = Run(Path(sys.argv[1]))
    return supervise(run, resume="resume" in sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
