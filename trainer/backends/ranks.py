"""Which of a job's processes this is, from the environment that torchrun and Ray set. No torch in this room.

The first process (rank 0) prepares the data, writes the run's record and evaluates; the others train along.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from trainer import stopping
from trainer.errors import UserFacingError
from trainer.plan import Plan
from trainer.records import read_json, write_atomic

if TYPE_CHECKING:
    from trainer.runs import Run

READY = "ready.json"
WAIT_SECONDS = 6 * 3600.0
"""How long the others wait while the first process fetches a model and writes the split."""
LOOK = 0.2
"""Seconds between two looks at a file or a parent."""


def rank() -> int:
    """This process's number, from 0."""
    return int(os.environ.get("RANK", "0"))


def world() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_world() -> int:
    """How many of them run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this is the process that writes the record; true where there is only one."""
    return rank() == 0


def name(number: int | None = None, of: int | None = None) -> str:
    """A process as a person counts: `process 2 of 2` for rank 1."""
    return f"process {(rank() if number is None else number) + 1} of {of or world()}"


def settle() -> None:
    """Before torch is imported: share the cores, keep a one-machine job off the network, end with the launcher."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "1")) // local_world()
    os.environ["OMP_NUM_THREADS"] = str(max(1, threads))
    if 1 < world() == local_world() and sys.platform == "linux":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    if "TORCHELASTIC_RUN_ID" in os.environ:
        threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()


def _leave_with(parent: int) -> None:
    """A killed launcher can't end its processes: they must not go on beside a run that is started anew."""
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)


def check(plan: Plan, found: int | None = None) -> None:
    """Stop when fewer or more processes were started than the plan says: `accelerate launch --cpu` starts one."""
    wanted, have = plan.compute.num_processes, world() if found is None else found
    if wanted != have:
        raise UserFacingError(
            f"the plan is for {wanted} processes that train together and {have} "
            f"{'was' if have == 1 else 'were'} started: the batch would be {have}/{wanted} of what you approved",
            "num_processes",
            "Start it with `tunesmith train`, which starts the right number; "
            "`accelerate launch --cpu` starts one without saying so.",
        )


def _attempt() -> str:
    """The same for all processes of one start, another at the next."""
    return "-".join(os.environ.get(k, "") for k in ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT"))


def ready(run: Run, **facts: Any) -> None:
    """Tell the others that the data are written."""
    if world() > 1:
        write_atomic(run.folder / READY, {"attempt": _attempt(), **facts})


def await_main(run: Run, limit: float = WAIT_SECONDS) -> dict[str, Any]:
    """Wait for the first process. When it fails, the launcher ends this one."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        stopping.check()
        told = read_json(run.folder / READY)
        if told.get("attempt") == _attempt():
            return told
        time.sleep(LOOK)
    raise UserFacingError("the first process did not get the data ready", run.id, "Look at its log, then resume.")
