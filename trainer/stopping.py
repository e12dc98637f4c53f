"""The wish to stop, heard in every phase of a worker: a file in the run's folder, or SIGTERM.

In training the step, the validation or the save in hand is brought to an exact end first. Anywhere
else (reading, tokenising, loading, testing) the main thread is interrupted at once.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOK_EVERY = 0.2
"""Seconds between two looks for the file `stop`."""


class StopAsked(BaseException):
    """Raised in the main thread; not an Exception, so that nothing on the way takes it for a fault."""


@dataclass
class _State:
    asked: bool = False
    patient: int = 0


_state = _State()


def listen(folder: Path) -> None:
    """Hear SIGTERM and the file `stop` from now on. To be called in the main thread."""
    _state.asked, _state.patient = False, 0
    signal.signal(signal.SIGTERM, _heard)
    threading.Thread(target=_look, args=(folder / "stop",), daemon=True).start()


def listen_beside(folder: Path) -> None:
    """The same where the main thread belongs to somebody else: a wish is noted, nothing is interrupted."""
    _state.asked, _state.patient = False, 0
    threading.Thread(target=_note, args=(folder / "stop",), daemon=True).start()


def _note(file: Path) -> None:
    while not file.exists():
        time.sleep(LOOK_EVERY)
    _state.asked = True


def _heard(*_: Any) -> None:
    _state.asked = True
    if not _state.patient:
        raise StopAsked


def _look(file: Path) -> None:
    while not file.exists():
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)


def asked() -> bool:
    """Whether somebody wants the run to stop."""
    return _state.asked


def check() -> None:
    """Raise StopAsked when somebody wants the run to stop."""
    if _state.asked:
        raise StopAsked


@contextmanager
def patiently() -> Iterator[None]:
    """Within it a wish is only noted: who is inside looks with `asked` or `check` where it can stop."""
    _state.patient += 1
    try:
        yield
    finally:
        _state.patient -= 1
