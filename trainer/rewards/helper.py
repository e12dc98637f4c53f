"""A process that answers questions, JSON lines in and out; started when first asked, again after it broke."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 1 << 20
"""Bytes of an answer; a longer one is a fault."""
Row = dict[str, Any]
"""One line."""


class HelperLost(Exception):
    """The process ended, was too slow or said something that is no answer; the message says which."""

    def __init__(self, words: str, found: dict[int, Row] | None = None) -> None:
        super().__init__(words)
        self.found = found or {}
        """Answers that came before, by id."""


class Helper:
    """One process. `hello` is its first line after each start, and it must answer that first."""

    def __init__(
        self, command: Sequence[str], hello: Row, environment: Mapping[str, str], start_seconds: float
    ) -> None:
        self._command, self._hello, self._environment = list(command), hello, dict(environment)
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._left = b""

    def ask(self, rows: Sequence[Row], seconds: float) -> dict[int, Row]:
        """Send all rows, each with an `id` (its place); the answers by id. Raises HelperLost, with what came so far.

        `seconds` is the time from one answer to the next, so that a hanging one is noticed however many there are.
        """
        found: dict[int, Row] = {}
        try:
            self._started()
            with contextlib.suppress(BrokenPipeError):  # it is gone: what it said before that counts, and is read
                for at, row in enumerate(rows):
                    self._send({**row, "id": at})
            while len(found) < len(rows):
                reply = self._reply(seconds)
                found[reply.get("id", -1)] = reply
        except (HelperLost, OSError) as error:
            self.close()
            raise HelperLost(str(error) or type(error).__name__, found) from error
        return found

    def close(self) -> None:
        """End the process; the next question starts a new one."""
        process, self._process, self._left = self._process, None, b""
        if process is not None:
            _end(process)

    def _started(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            start_new_session=True,
        )
        weakref.finalize(self, _end, self._process)
        self._send(self._hello)
        if fault := self._reply(self._start_seconds).get("fault"):
            raise HelperLost(str(fault))

    def _send(self, row: Row) -> None:
        pipe = self._process.stdin if self._process else None
        if pipe is None:
            raise HelperLost("it is not running")
        pipe.write(json.dumps(row, default=str).encode("ascii") + b"\n")
        pipe.flush()

    def _reply(self, seconds: float) -> Row:
        """The next line as an object. Raises HelperLost."""
        pipe, until = self._process.stdout if self._process else None, time.monotonic() + seconds
        while pipe and b"\n" not in self._left:
            if not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                raise HelperLost(f"no answer within {seconds:.0f} s")
            part = os.read(pipe.fileno(), 1 << 16)
            self._left += part
            if not part or len(self._left) > LONGEST:
                raise HelperLost("it ended by itself" if not part else "its answer is too long")
        line, _, self._left = self._left.partition(b"\n")
        return _object(line)


def _object(line: bytes) -> Row:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise HelperLost("what it said is no answer")
    return row


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe:
                pipe.close()
