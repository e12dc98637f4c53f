"""Which process is which, after reused ids, restarts of the machine and jumps of the clock."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from trainer import processes


def test_a_process_is_known_again_and_its_heir_is_not() -> None:
    mark = processes.mark(os.getpid())
    assert processes.running(mark)
    assert not processes.running(mark | {"born": mark["born"] + 1})
    assert not processes.running({})
    assert not processes.running(mark | {"pid": 2**22 + 1})


def test_after_a_restart_of_the_machine_nothing_of_before_runs() -> None:
    mark = processes.mark(os.getpid()) | {"boot": "another"}
    assert not processes.running(mark)
    assert processes.rebooted(mark)
    assert not processes.rebooted(processes.mark(os.getpid()))
    assert processes.since(processes.beat() | {"boot": "another"}) is None


def test_a_dead_child_does_not_run() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    mark = processes.mark(child.pid)
    deadline = time.monotonic() + 20
    while processes.running(mark) and time.monotonic() < deadline:  # a zombie until it is waited for
        time.sleep(0.01)
    assert not processes.running(mark)
    child.wait()
    assert not processes.running(mark)


@pytest.mark.parametrize("jump", [-86_400.0, 31_536_000.0])
def test_the_clock_decides_nothing(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    mark, beat, age = processes.mark(os.getpid()), processes.beat(), processes.age()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    assert processes.running(mark)
    assert 0 <= (processes.since(beat) or 0) < 60
    assert age <= processes.age() < age + 60
