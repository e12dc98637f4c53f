"""Outside: a program and its tests -> the share of the tests that pass.

What holds. The program runs in a fresh `python -I -S` with an empty environment (no keys), no input, its output thrown
away, a working folder of its own that is deleted after, and at most 5 CPU seconds, 512 MB and 8 s. On Linux, where the
system permits it, the kernel itself forbids network, other files, new processes and signals (`walls.py`); everywhere
Python's audit hook forbids them (`guard.py`). `Marks.walls` says which stood: on macOS only the limits and the hook.

What passes. A program that stops early, changes built-ins, `unittest` or modules the tests use, or returns objects that
equal everything, earns nothing by it: the tests are read before it runs, what it changed is put back, and the report
must carry a word it was not told. The word lies in the same process, though. A program written against this very file
could find it; one that merely tries the usual tricks can't.

What does not hold. It is no virtual machine: a fault in the kernel or in CPython is a way out. Where only the hook
stands, machine code smuggled past Python is one. Do not reward code from a model you have reason to fear.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
SECONDS = 4.0
"""Time of the program with its tests, as it measures it itself."""
WALL = 8.0
"""After this the process is killed, start included."""

REPORT = 64_000
"""Bytes of a report that are read."""


@dataclass(frozen=True)
class Marks:
    """How a program did."""

    passed: int
    total: int
    """Tests there are; 0 also when the process was killed before it could say."""
    walls: tuple[str, ...] = ()
    reported: bool = True
    """False: it ended, or was killed, without the report."""

    @property
    def score(self) -> float:
        """Share of the tests that passed, 0 to 1."""
        return self.passed / self.total if self.total else 0.0


def run(code: str, tests: str, entry_point: str = "") -> Marks:
    """Run a program with its tests. Never raises for anything that the program does."""
    word = secrets.token_hex(16)
    task = {"code": code, "tests": tests, "entry_point": entry_point, "word": word, "seconds": SECONDS}
    with tempfile.TemporaryDirectory(prefix="tunesmith-", ignore_cleanup_errors=True) as folder:
        said = _talk(json.dumps(task).encode("ascii"), folder)
    return _marks(said, word)


def _talk(task: bytes, folder: str) -> bytes:
    """What the child reports; b'' when it had to be killed."""
    with tempfile.TemporaryFile() as given:
        given.write(task)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(CHILD)],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.path.realpath(folder),
            env={},
            start_new_session=True,
        )
    try:
        return _heard(process)
    finally:
        _end(process)


def _heard(process: subprocess.Popen[bytes]) -> bytes:
    """The report up to its end, REPORT bytes at most, until the time is over."""
    pipe, until, said = process.stdout, time.monotonic() + WALL, b""
    while pipe and len(said) <= REPORT and (left := until - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        part = os.read(pipe.fileno(), 4096)
        if not part:
            return said
        said += part
    return b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of it. The group's number can't be another's before it was waited for."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def _marks(said: bytes, word: str) -> Marks:
    try:
        report = json.loads(said)
        if report["word"] != word or not 0 <= report["passed"] <= report["total"]:
            raise ValueError("not the report")
    except (ValueError, KeyError, TypeError):
        return Marks(0, 0, reported=False)
    return Marks(report["passed"], report["total"], tuple(report["walls"]))
