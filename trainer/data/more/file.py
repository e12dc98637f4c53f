"""New rows as a file of their own, with the record of where they come from. Nothing is ever overwritten."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trainer.data.repair.write import JsonLines, free_name, provenance_of
from trainer.data.sources.source import Row
from trainer.errors import UserFacingError
from trainer.records import write_atomic


def free_for(path: Path, folder: Path, ending: str) -> Path:
    """A new file's place: the source's name with another ending, where nothing lies yet."""
    stem = path.name.split(".")[0] or "data"
    target = folder / f"{stem}{ending}"
    if not target.exists():
        return target
    head = ending.removesuffix(".jsonl")
    return free_name(folder / f"{stem}{head}.jsonl")


def written_file(target: Path, rows: Iterable[Row], record: dict[str, Any]) -> dict[str, Any]:
    """Write rows as JSON lines: the file is there whole, with its record, or not at all. Raises UserFacingError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        count = _lines(part, rows, target)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole = {
            "output": {"name": target.name, "sha256": digest, "rows": count},
            **record,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        if target.exists():
            raise FileExistsError
        write_atomic(provenance_of(target), whole)
        target.open("x").close()  # fails where a file has come to lie there meanwhile: nothing is overwritten
        part.chmod(0o644)
        part.replace(target)
    except FileExistsError:
        raise UserFacingError(
            "exists already", str(target), f"Name another file, such as {free_name(target).name}."
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return whole


def _lines(part: Path, rows: Iterable[Row], target: Path) -> int:
    """Rows written and read back: what stands in the file must be what was put in."""
    writer, count = JsonLines(part, ()), 0
    for row in rows:
        writer.put(row)
        count += 1
    writer.close()
    back = hashlib.sha256()
    for cells in JsonLines.read(part):
        back.update(cells)
    if back.digest() != writer.digest.digest():
        raise UserFacingError("could not be written without changing a value; nothing was written", target.name)
    return count
