"""What a run wants of this machine: the kind of device, which ones there are, and how many of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.plan import Compute

if TYPE_CHECKING:
    from trainer.runs import Run


@dataclass(frozen=True)
class Claim:
    """One that stands in line, and what for."""

    who: str
    """run-7, study-2, or study-2/run-1 for a trial."""
    party: str
    """Who shares a device with whom: a trial belongs to its study."""
    lane: str
    """cpu, cuda or mps: who wants the same kind stands in the same line. '' when it needs nothing of this machine."""
    devices: tuple[str, ...]
    """The devices of that kind: cpu, mps, or cuda:0, cuda:1, ..."""
    need: int
    """How many of them it takes."""


def claim_of(run: Run) -> Claim:
    """What a run wants by its plan."""
    return claim(who_of(run), _study_of(run.folder) or run.id, run.plan().compute)


def who_of(run: Run) -> str:
    """Its name in the line: run-7, or study-2/run-1 for a trial."""
    study = _study_of(run.folder)
    return f"{study}/{run.id}" if study else run.id


def claim(who: str, party: str, compute: Compute) -> Claim:
    """A claim for a plan's compute section. The devices of one machine are enough: the rest is on others."""
    if compute.backend == "hosted" or (compute.backend == "ray" and compute.address):
        return Claim(who, party, "", (), 0)
    there = tuple(f"cuda:{card}" for card in cards()) if compute.device == "cuda" else (compute.device,)
    wanted = -(-compute.num_processes // compute.num_nodes)
    return Claim(who, party, compute.device, there, min(wanted, len(there)))


def cards() -> list[str]:
    """The GPUs this process may use, as CUDA_VISIBLE_DEVICES names them; always at least one."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip()] or ["0"]
    from trainer.machine import read_machine

    return [str(number) for number in range(len(read_machine(measure=False).gpus))] or ["0"]


def _study_of(folder: Path) -> str | None:
    """The study whose trial this run is."""
    return folder.parents[1].name if folder.parents[2].name == "studies" else None
