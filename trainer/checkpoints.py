"""Checkpoints that are complete or do not count: sealed with checksums after they are written."""

from __future__ import annotations

import hashlib
from pathlib import Path

from trainer.records import read_json, write_atomic

SEAL = "seal.json"


def seal(folder: Path) -> None:
    """Write the checksums of every file; a checkpoint without a seal is never resumed from."""
    write_atomic(folder / SEAL, {"files": _sums(folder)})


def _sums(folder: Path) -> dict[str, str]:
    sums = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != SEAL:
            with file.open("rb") as stream:
                sums[str(file.relative_to(folder))] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums


def whole(folder: Path) -> bool:
    """Whether every file is there and unchanged since the seal."""
    sealed = read_json(folder / SEAL).get("files")
    return bool(sealed) and sealed == _sums(folder)


def last_good(folder: Path) -> tuple[Path | None, list[str]]:
    """The newest whole checkpoint, and the names of newer ones that are broken."""
    found = [p for p in folder.glob("checkpoint-*") if p.name.rsplit("-", 1)[1].isdigit()]
    broken: list[str] = []
    for path in sorted(found, key=lambda p: int(p.name.rsplit("-", 1)[1]), reverse=True):
        if whole(path):
            return path, broken
        broken.append(path.name)
    return None, broken
