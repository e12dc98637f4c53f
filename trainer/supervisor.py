"""Runs one worker after another until the run has ended, and records how. No torch in here.

A worker that runs out of memory is started again from its last whole checkpoint, with the next plan of
`trainer.ladder`; every other end is final and told in a sentence.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from trainer import backends, endings, ladder, processes
from trainer.diagnosis.failures.crash import crash_in
from trainer.endings import Cause, Ended
from trainer.errors import UserFacingError
from trainer.estimates import record
from trainer.plan import Plan
from trainer.records import write_atomic
from trainer.runs import Run
from trainer.waiting import Place, turn

LOOK_EVERY = 0.1
"""Seconds between two looks at the worker."""
WEIGH_EVERY = 1.0
"""Seconds between two looks at its memory where no limit was set: all processes are gone through for it."""
GRACE_SECONDS = 8.0
"""A worker that was asked to stop and does nothing at all for this long is killed."""
BALLAST = 256 * 1024
"""Bytes kept back in the run's folder, so that on a full disk its end can still be recorded."""


@dataclass
class Watch:
    """Looks at one worker while it lives: its memory, its folder, whether it moves after a wish to stop."""

    run: Run
    pid: int
    peak_gb: float = 0.0
    stopped: bool = False
    moved: float = field(default_factory=time.monotonic)
    worked: float = -1.0

    def follow(self) -> None:
        """Until the worker is gone."""
        said, weighed = endings.said_limit_gb(), 0.0
        while processes.running_id(self.pid):
            if said or time.monotonic() - weighed > WEIGH_EVERY:
                self.peak_gb, weighed = max(self.peak_gb, endings.memory_of(self.pid)), time.monotonic()
            if said and self.peak_gb > said:
                self._kill(f"the worker holds {self.peak_gb:.2f} GB of {said:g} that it may take, so it is killed")
            self.stopped = self.stopped or (self.run.folder / "stop").exists()
            if not self.run.folder.is_dir():
                self._kill(f"{self.run.folder} has vanished: nothing can be saved, so the worker is ended")
            if self.stopped and self._rests() and time.monotonic() - self.moved > GRACE_SECONDS:
                self._kill("the worker did nothing after it was asked to stop, so it is killed")
            time.sleep(LOOK_EVERY)

    def _rests(self) -> bool:
        """Whether it and its children used no processor and waited for no disk since the last look."""
        try:
            me = psutil.Process(self.pid)
            family = [me, *me.children(recursive=True)]
            worked = sum(sum(p.cpu_times()[:2]) for p in family)
            busy = worked > self.worked or any(p.status() == psutil.STATUS_DISK_SLEEP for p in family)
        except psutil.Error:
            return False
        if busy:
            self.worked, self.moved = worked, time.monotonic()
        return not busy

    def _kill(self, why: str) -> None:
        sys.stderr.write(f"{why}\n")
        try:
            for process in [*psutil.Process(self.pid).children(recursive=True), psutil.Process(self.pid)]:
                process.kill()
        except psutil.Error:
            return


def supervise(run: Run, resume: bool) -> int:
    """Run the worker to its end and record how it ended. Returns its exit code, 3 when another one is at it."""
    try:
        return _supervised(run, resume)
    except OSError as error:
        if (kind := endings.kind_of_error(error)) is None:
            raise
        run.set_status("died", reason=endings.words(kind, run), saved=run.last_checkpoint_name())
        return 5


def _supervised(run: Run, resume: bool) -> int:
    lock = _lock(run)
    if lock is None:
        return 3
    write_atomic(run.folder / "process.json", processes.mark(os.getpid()))
    # the file is seen in every phase, in the line too, and outlives this process
    signal.signal(signal.SIGTERM, lambda *_: run.ask_stop())
    with turn(run, resume) as place:
        return _worked(run, resume, lock, place) if place else 0


def _lock(run: Run) -> IO[str] | None:
    """One worker a run: the second one finds the lock taken, names its owner and leaves."""
    import fcntl

    file = (run.folder / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        sys.stderr.write(f"{run.id} is being trained by process {file.read().strip() or 'unknown'} already: refused\n")
        file.close()
        return None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _worked(run: Run, resume: bool, lock: IO[str], place: Place) -> int:
    while True:
        try:
            plan = run.effective_plan()
            command = backends.command(run, plan, resume)
        except UserFacingError as error:
            run.set_status("failed", reason=error.sentence())
            return 2
        ended = _attempt(run, command, (lock.fileno(), *place.fds), place.env())
        if not run.folder.is_dir():
            return 4
        cause = _cause(run, ended)
        if cause.kind != "memory" or ended.stopped or not _eased(run, plan, cause):
            _record_end(run, ended, cause)
            return ended.code
        resume = True


def _cause(run: Run, ended: Ended) -> Cause:
    """A process that told its own end knows best, but for a lack of memory or disk: those are mended in other ways."""
    found = endings.cause(run, ended)
    if found.kind in ("ended", "memory", "disk"):
        return found
    told = backends.reason(run)
    return Cause("told", told) if told else found


def _eased(run: Run, plan: Plan, cause: Cause) -> bool:
    """Record the next rung of the ladder; False at its end, or where no rung helps."""
    if run.status().get("status") == "evaluating":
        return False
    rung = ladder.next_rung(plan)
    if rung is None:
        return False
    new, sentence = rung
    run.repair(new, f"{cause.words.split('. ')[0]}; {sentence}")
    run.event("repaired", why=cause.words.split(". ")[0], sentence=sentence, saved=run.last_checkpoint_name())
    return True


def _attempt(run: Run, command: list[str], handles: tuple[int, ...], env: dict[str, str]) -> Ended:
    """One worker from its start to its end."""
    (run.folder / "ballast").write_bytes(b"\0" * BALLAST)
    log, kills = run.folder / "worker.log", endings.oom_kills()
    start = log.stat().st_size if log.exists() else 0
    run.set_status("starting")  # before the worker begins: from then on the document is its own
    # the worker holds the lock too: it outlives a killed supervisor, and nobody may start a second one
    worker = subprocess.Popen(command, pass_fds=handles, env=env)
    write_atomic(run.folder / "worker.json", processes.mark(worker.pid))
    watch = Watch(run, worker.pid)
    threading.Thread(target=watch.follow, daemon=True).start()
    _, status, usage = os.wait4(worker.pid, 0)
    worker.returncode = os.waitstatus_to_exitcode(status)
    peak = max(watch.peak_gb, usage.ru_maxrss * 1024 / 1e9)
    return Ended(worker.returncode, peak, _text(log, start), endings.oom_kills() - kills, watch.stopped)


def _text(log: Path, start: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace")


def _record_end(run: Run, ended: Ended, cause: Cause) -> None:
    (run.folder / "ballast").unlink(missing_ok=True)
    peak = round(ended.peak_gb, 2)
    facts: dict[str, Any] = {"code": ended.code, "peak_gb": peak, "reason": cause.words}
    write_atomic(run.folder / "exit.json", facts)
    crash = crash_in(ended.log) if ended.code else None
    run.event("worker_ended", **facts, **({"crash": vars(crash)} if crash else {}))
    record.finished(run)
    if ended.code == 0 or run.status().get("status") in ("failed", "finished", "stopped"):
        return
    saved = run.last_checkpoint_name()
    if cause.kind == "memory":
        run.set_status("failed", reason=_honest(run, cause), saved=saved)
    elif cause.kind in ("disk", "stopped"):
        run.set_status("stopped", reason=cause.words, saved=saved)
    else:
        run.set_status("died", reason=cause.words, saved=saved)


def _honest(run: Run, cause: Cause) -> str:
    """Out of memory with nothing left to try: what was tried, what holds, and what needs a new yes."""
    head, _, fix = cause.words.partition(". ")
    plan, tried = run.effective_plan(), len(run.repairs())
    s = plan.schedule
    batch = f"at batch {s.per_device_train_batch_size} x {s.gradient_accumulation_steps}"
    rungs = f"; {tried} step{'s' * (tried != 1)} inside the approved plan did not suffice" if tried else ""
    return f"{head} {batch}{rungs}. {fix} That is another plan and needs your approval."
