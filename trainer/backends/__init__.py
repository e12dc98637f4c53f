"""Where a run's processes come from: this machine, a Ray cluster, or a service that tunes for us."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from trainer.backends import told
from trainer.backends.told import reason
from trainer.errors import UserFacingError
from trainer.plan import Plan

if TYPE_CHECKING:
    from trainer.runs import Run

WORKER = "trainer.worker"


def command(run: Run, plan: Plan, resume: bool) -> list[str]:
    """What the supervisor starts for this plan. Raises UserFacingError where it can't be started."""
    compute = plan.compute
    told.begin(run, compute.num_processes)
    after = [str(run.folder), *(["resume"] if resume else [])]
    if compute.backend != "local":
        return [sys.executable, "-m", "trainer.backends", *after]
    if compute.num_nodes > 1:
        raise UserFacingError(
            f"the plan is for {compute.num_nodes} machines, and the local backend starts processes on this one only",
            "num_nodes",
            "Set backend to ray, with the cluster's address, or num_nodes to 1.",
        )
    if compute.num_processes == 1:
        return [sys.executable, "-m", WORKER, *after]
    return [*_torchrun(compute.num_processes), *after]


def _torchrun(processes: int) -> list[str]:
    """torchrun's command: a meeting point of its own on this machine, reached from nowhere else."""
    options = ["--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", str(processes), "-m", WORKER]
    return [sys.executable, "-m", "torch.distributed.run", *options]


__all__ = ["command", "reason"]
