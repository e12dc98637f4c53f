"""Append-only JSON lines that keep NaN, are read by offset and survive a cut last line."""

from __future__ import annotations

import errno
import json
import math
import os
import tempfile
from io import FileIO
from pathlib import Path
from typing import Any


def _keep(value: Any) -> Any:
    """Non-finite floats as strings: a diverged loss must not vanish as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {k: _keep(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_keep(v) for v in value]
    return value


def dumps(value: Any) -> str:
    """JSON on one line, non-finite numbers as strings."""
    return json.dumps(_keep(value), ensure_ascii=False, allow_nan=False)


def append(path: Path, row: dict[str, Any]) -> None:
    """One line more, in one write. A full disk leaves the file as it was; a torn last line stays alone."""
    line = (dumps(row) + "\n").encode("utf-8", "surrogatepass")
    with path.open("ab+", buffering=0) as file:
        start = file.seek(0, os.SEEK_END)
        if start and _torn(file, start):
            line = b"\n" + line
        if (written := file.write(line)) == len(line):
            return
        if file.seek(0, os.SEEK_END) == start + written:  # nobody else wrote in between
            file.truncate(start)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _torn(file: FileIO, end: int) -> bool:
    """Whether the last line was cut off by a crash."""
    file.seek(end - 1)
    return file.read(1) != b"\n"


def read_from(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Whole lines from a byte offset on, and the offset to go on from."""
    if not path.is_file():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        block = file.read()
    whole = block[: block.rfind(b"\n") + 1]
    rows = [_line(line) for line in whole.splitlines() if line.strip()]
    return [row for row in rows if row is not None], offset + len(whole)


def _line(line: bytes) -> dict[str, Any] | None:
    """A line torn by a crash in the middle of the file is skipped, not fatal."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def write_atomic(path: Path, value: Any) -> None:
    """The whole document or the old one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(dumps(value))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """A document written by write_atomic, or {} while there is none."""
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}
