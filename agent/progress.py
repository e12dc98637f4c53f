"""How far a long look at data has come, for the page: a small file that is there while it lasts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.data.doctor.watch import Cancelled, Progress
from trainer.records import read_json, write_atomic


class ProgressFile:
    """Written by the conversation, read by the page. A second file beside it asks to stop."""

    def __init__(self, folder: Path, thread: str) -> None:
        self._path = folder / f"thread-{thread}-progress.json"
        self._stop = folder / f"thread-{thread}-stop"

    def __call__(self, progress: Progress) -> None:
        """Take notice. Raises Cancelled when the person asked to stop."""
        if self._stop.exists():
            raise Cancelled
        left = progress.seconds * (1 / progress.share - 1) if progress.share > 0.02 else None
        told = [f.advice for f in progress.findings if f.severity != "info"][:5]
        write_atomic(
            self._path,
            {
                "step": progress.step,
                "share": progress.share,
                "seconds": progress.seconds,
                "left": left,
                "findings": told,
            },
        )

    def read(self) -> dict[str, Any]:
        """The latest state; {} when nothing is being looked at."""
        return read_json(self._path)

    def cancel(self) -> None:
        """Ask to stop."""
        self._stop.touch()

    def clear(self) -> None:
        """The look is over, however it ended."""
        self._path.unlink(missing_ok=True)
        self._stop.unlink(missing_ok=True)
