"""A wish to stop is heard everywhere, and waited for where something must be ended first."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer import stopping


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def wait(seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_file_interrupts_what_can_be_interrupted(tmp_path: Path) -> None:
    stopping.listen(tmp_path)
    (tmp_path / "stop").touch()
    began = time.monotonic()
    with pytest.raises(stopping.StopAsked):
        wait()
    assert time.monotonic() - began < 1 + 5 * stopping.LOOK_EVERY


def test_a_signal_is_only_noted_in_patience_also_a_second_one(tmp_path: Path) -> None:
    stopping.listen(tmp_path)
    with stopping.patiently():
        os.kill(os.getpid(), signal.SIGTERM)
        with stopping.patiently():
            os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.asked()
    with pytest.raises(stopping.StopAsked):
        stopping.check()
    stopping.listen(tmp_path)
    assert not stopping.asked()
    stopping.check()


def test_it_is_no_exception_that_a_library_would_swallow() -> None:
    assert not issubclass(stopping.StopAsked, Exception)
