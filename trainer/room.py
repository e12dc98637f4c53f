"""Room on the disk: looked for before a save, and told apart from other failures after one."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.checkpoints import STAGING, checkpoints

SPARE = 1.05
"""A new checkpoint may be a little larger than the last one."""
PROBE = 1024 * 1024
"""Bytes written to see whether anything can be written."""


@contextmanager
def watched(folder: Path) -> Iterator[None]:
    """A save within it fails as 'No space left on device' when that was the cause, and leaves nothing half written.

    Libraries tell of a full disk in words of their own, some in none.
    """
    _look(folder)
    try:
        yield
    except Exception as error:
        cause = _probe(folder)
        shutil.rmtree(folder / STAGING, ignore_errors=True)
        if cause is None:
            raise
        raise OSError(cause.errno, cause.strerror, str(folder)) from error


def _look(folder: Path) -> None:
    """Raise OSError when a checkpoint like the last one does not fit."""
    last = checkpoints(folder)[-1:] if folder.is_dir() else []
    need = sum(f.stat().st_size for path in last for f in path.rglob("*") if f.is_file())
    if last and shutil.disk_usage(folder).free < need * SPARE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _probe(folder: Path) -> OSError | None:
    """What stands in the way of writing; None when nothing does."""
    file = folder / ".probe"
    try:
        with file.open("wb") as stream:
            stream.write(b"\0" * PROBE)
            os.fsync(stream.fileno())
    except OSError as error:
        return error
    finally:
        file.unlink(missing_ok=True)
    return None
