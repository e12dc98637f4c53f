"""An experiment's process ends by itself: when its time is over, and when who started it is gone."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

LOOK_EVERY = 1.0
OVER = 4
"""Exit code of a process whose time was over, or whose parent was gone."""


def hold(folder: Path, minutes: float) -> None:
    """From now on. The folder is removed where nobody is left to do it."""
    parent, deadline = os.getppid(), time.monotonic() + 60 * minutes
    threading.Thread(target=_watch, args=(folder, parent, deadline), daemon=True).start()


def _watch(folder: Path, parent: int, deadline: float) -> None:
    while time.monotonic() < deadline and os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    if os.getppid() != parent:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(OVER)
