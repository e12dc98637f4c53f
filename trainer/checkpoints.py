"""Checkpoints that are complete or absent: written aside, checksummed, flushed to the disk, then renamed.

A folder `checkpoint-N` exists only when everything in it had reached the disk. What is being written
or deleted carries another name and never counts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

from trainer.records import read_json, write_atomic

SEAL = "seal.json"
STAGING = ".saving"
"""The folder in which a checkpoint is written before it counts."""
PIN = "pinned.json"
"""Names the checkpoint that rotation leaves alone."""
_DELETING = ".deleting-"


def step_of(path: Path) -> int:
    """The step in a checkpoint's name."""
    return int(path.name.rsplit("-", 1)[1])


def checkpoints(folder: Path) -> list[Path]:
    """Every checkpoint by step, the newest last. Steps order them, never the clock."""
    found = [p for p in folder.glob("checkpoint-*") if p.name.rsplit("-", 1)[1].isdigit()]
    return sorted(found, key=step_of)


def seal(folder: Path) -> None:
    """Flush every file and write the checksums; a checkpoint without a seal is never resumed from."""
    write_atomic(folder / SEAL, {"files": _sums(folder)})
    flush(folder)


def flush(folder: Path) -> None:
    """Return when everything in the folder has reached the disk."""
    for part in [*folder.rglob("*"), folder]:
        _flush(part)


def publish(staged: Path, final: Path) -> None:
    """Seal a written folder and give it its name in one step. An older one of that name is replaced."""
    seal(staged)
    move(staged, final)


def move(staged: Path, final: Path) -> None:
    """Give a flushed folder its name; the change of names has reached the disk on return."""
    if final.exists():
        remove(final)
    staged.rename(final)
    _flush(final.parent)


def remove(folder: Path) -> None:
    """Delete a folder so that a kill in the middle leaves nothing that looks like a checkpoint."""
    doomed = folder.with_name(f"{_DELETING}{folder.name}-{time.monotonic_ns()}")
    folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def rotate(folder: Path, keep: int, best: str | None = None) -> None:
    """Keep the newest by step, the best one and the pinned one; delete the others."""
    kept = {p.name for p in checkpoints(folder)[-max(keep, 1) :]} | {best, read_json(folder / PIN).get("checkpoint")}
    for path in checkpoints(folder):
        if path.name not in kept:
            remove(path)


def pin(folder: Path, step: int) -> str | None:
    """Keep the newest checkpoint before a step from now on, so that the moment can be replayed. One is kept."""
    older = [p.name for p in checkpoints(folder) if step_of(p) < step]
    known = read_json(folder / PIN).get("checkpoint")
    if known is None and older:
        write_atomic(folder / PIN, {"checkpoint": older[-1]})
        return older[-1]
    return str(known) if known else None


def tidy(folder: Path) -> None:
    """Remove what a kill left half written or half deleted. Only while no worker is at it."""
    for path in [folder / STAGING, *folder.glob(f"{_DELETING}*")]:
        shutil.rmtree(path, ignore_errors=True)


def whole(folder: Path) -> bool:
    """Whether every file is there and unchanged since the seal; one flipped bit is noticed."""
    try:
        sealed = read_json(folder / SEAL).get("files")
    except ValueError:
        return False
    return bool(sealed) and sealed == _sums(folder)


def last_good(folder: Path) -> tuple[Path | None, list[str]]:
    """The newest whole checkpoint, and the names of newer ones that are broken."""
    broken: list[str] = []
    for path in reversed(checkpoints(folder)):
        if whole(path):
            return path, broken
        broken.append(path.name)
    return None, broken


def put_aside(folder: Path, names: list[str]) -> None:
    """Keep broken checkpoints for a look, outside the place where checkpoints are sought."""
    for name in names:
        (folder / name).rename(folder.parent / f"broken-{name}-{time.time_ns()}")


def _files(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != SEAL]


def _sums(folder: Path) -> dict[str, str]:
    sums = {}
    for file in _files(folder):
        with file.open("rb") as stream:
            sums[str(file.relative_to(folder))] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums


def _flush(path: Path) -> None:
    """Ask the disk to hold what was written (a folder: the names in it)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
