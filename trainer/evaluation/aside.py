"""Work on a finished run in a process of its own: starting it, where it stands, what it found."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from trainer import processes
from trainer.errors import UserFacingError
from trainer.machine import idle_threads, worker_env
from trainer.records import read_json, write_atomic
from trainer.runs import ACTIVE, Run, RunStore

POLL = 0.5
"""Seconds between two looks at how far it is."""
GRACE_SECONDS = 10.0
"""It is there, though its process is not noted yet."""


@dataclass(frozen=True)
class Aside:
    """One such work: its document is NAME.json in the run's folder, its process `python -m MODULE RUN_FOLDER ARGS`."""

    run: Run
    name: str
    module: str
    arguments: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        """{status: running, finished or failed, phase, ...}."""
        return self.run.folder / f"{self.name}.json"

    @property
    def process(self) -> Path:
        """Who carries it out."""
        return self.run.folder / f"{self.name}.process.json"

    def read(self) -> dict[str, Any]:
        """The document, `died` where its process is gone; {} before it was asked for."""
        found = read_json(self.file)
        if found.get("status") != "running" or processes.running(read_json(self.process)):
            return found
        again = read_json(self.file)  # it may have ended between the two looks
        young = time.time() - self.file.stat().st_mtime < GRACE_SECONDS
        return again if again.get("status") != "running" or young else again | {"status": "died"}

    def write(self, **facts: Any) -> None:
        """Replace the document, keeping earlier facts."""
        write_atomic(self.file, read_json(self.file) | facts)

    def start(self) -> None:
        """Begin it; the process goes on without this one. Nothing where it is running already."""
        with FileLock(self.run.folder / f"{self.name}.lock"):
            if self.read().get("status") == "running":
                return
            write_atomic(self.file, {"status": "running", "phase": "reading the models"})
        with (self.run.folder / f"{self.name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", self.module, str(self.run.folder), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=worker_env(idle_threads(self.run.plan().compute.threads)),
                cwd=Path(__file__).parents[2],
            )
        write_atomic(self.process, processes.mark(process.pid))

    def phases(self, failing: str) -> Iterator[str]:
        """What it is at, again and again, until it has ended. Raises UserFacingError where that was no good end."""
        while (found := self.read()).get("status") == "running":
            yield str(found.get("phase", ""))
            time.sleep(POLL)
        if found.get("status") != "finished":
            why = found.get("reason") or "its process was killed"
            raise UserFacingError(f"{failing}: {why}", self.run.id, "Ask again; the run's own result stays.")

    def carried_out(self, work: Callable[[], dict[str, Any]]) -> int:
        """In that process: do the work; every failure ends as a sentence in the document. The exit code comes back."""
        began = time.monotonic()
        try:
            self.write(**work(), status="finished", phase="", seconds=round(time.monotonic() - began, 1))
        except UserFacingError as error:
            self.write(status="failed", phase="", reason=error.sentence())
            return 2
        except Exception as error:  # noqa: BLE001  (the process boundary: nothing may vanish)
            traceback.print_exc()
            self.write(status="failed", phase="", reason=f"{type(error).__name__}: {str(error)[:300]}")
            return 1
        return 0


def check_idle(run: Run, own: Aside | None = None) -> None:
    """Raise where something else holds the machine: a run at work, or something of this kind beside a run.

    own: what is asked for; that it is being made already is no hindrance.
    """
    runs = RunStore(run.folder.parents[1]).all()
    busy = [o.id for o in runs if (o.id != run.id and o.status().get("status") in ACTIVE) or _beside(o, own)]
    if busy:
        raise UserFacingError(
            f"{busy[0]} holds this machine, and both would crawl",
            "",
            f"Ask again when it has ended (tunesmith show {busy[0]}).",
        )


def _beside(run: Run, own: Aside | None) -> bool:
    """Whether something is at work beside a run."""
    names = [file.name.removesuffix(".process.json") for file in run.folder.glob("*.process.json")]
    works = [Aside(run, name, "") for name in names if own is None or name != own.name or run.id != own.run.id]
    return any(work.read().get("status") == "running" for work in works)
