"""Inside: reads a program and its tests, puts up the walls, runs both, and reports with the word it was given.

Every step runs in a thread of its own, so that a program that leaves early ends only its thread, and so that its frames
don't lead back to the report. After each step everything that was there before is put back as it was.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import _thread
import builtins
import importlib
import json
import os
import time
import types
import unittest
from collections.abc import Callable
from functools import partial
from typing import Any

from trainer.sandbox import grading, guard, same, walls

STACK = 64 << 20
"""Bytes of a thread's stack: deep recursion ends as RecursionError, not as a crash."""


RESTORING = 2.0
"""Seconds for putting things back."""


class Pristine:
    """Modules and their classes as they were; put back after every step."""

    def __init__(self) -> None:
        modules = [m for m in list(sys.modules.values()) if isinstance(m, types.ModuleType)]
        self._modules = [(vars(m), dict(vars(m))) for m in modules]
        self._loaded = dict(sys.modules)
        found = {c for m in modules for c in vars(m).values() if type(c) is type and c.__flags__ & (1 << 9)}
        self._classes = [(c, dict(vars(c))) for c in found]

    def restored(self) -> None:
        """Put back what was changed, in a thread like the program's: dropping its objects may run code of theirs."""
        ended_well(self._restore, RESTORING)

    def _restore(self) -> None:
        for names, saved in self._modules:  # the built-in names come early; the rest of this needs them
            names.update(saved)
        sys.modules.update(self._loaded)
        for owner, saved in self._classes:
            _put_back(owner, saved)


def _put_back(owner: type, saved: dict[str, Any]) -> None:
    now = dict(vars(owner))
    for name in now.keys() - saved.keys():
        delattr(owner, name)
    for name, value in saved.items():
        if now.get(name) is not value:  # never ==, which may be the program's own
            setattr(owner, name, value)


def ended_well(job: Callable[[], object], seconds: float) -> bool:
    """Whether a job came to its end in a thread of its own, without an error and in time."""
    lock, ended = _thread.allocate_lock(), []
    lock.acquire()

    def body() -> None:
        try:
            job()
            ended.append(True)
        except BaseException:  # noqa: BLE001  (whatever a foreign program raises, SystemExit too, is a failure)
            pass
        finally:
            lock.release()

    _thread.start_new_thread(body, ())
    return lock.acquire(True, max(0.0, seconds)) and len(ended) == 1


def unit(case: type[unittest.TestCase], method: str) -> None:
    """One method of a TestCase with its setUp and tearDown. Raises what it raises."""
    result = unittest.TestResult()
    case(method).run(result)
    if not result.wasSuccessful() or result.testsRun != 1 or result.skipped:
        raise AssertionError


def _assert_equal(self: unittest.TestCase, first: Any, second: Any, msg: Any = None) -> None:
    if not same.same(first, second):
        raise self.failureException(msg or "not equal")


def marks(task: dict[str, Any], folder: str) -> dict[str, Any]:
    """Run the program, then its tests: how many there are, how many pass, and which walls stood."""
    parts = grading.steps(task["tests"], task["entry_point"])
    unittest.TestCase.assertEqual = _assert_equal  # type: ignore[method-assign]
    stand = walls.put_up(folder)
    for name in [*grading.modules(task["tests"]), *grading.modules(task["code"])]:
        _loaded(name)
    program = types.ModuleType("solution")
    _emptied()
    sys.modules.update(solution=program, answer=program, __main__=types.ModuleType("__main__"))
    guard.raise_guard(folder, walls.readable())
    passed = _run(task, parts, vars(program))
    return {"passed": passed, "total": sum(part.counts for part in parts), "walls": stand}


def _emptied() -> None:
    """Take away what only this side needs: a module that is loaded can be had without asking the guard."""
    for name in list(sys.modules):
        if name in guard.MODULES or name.partition(".")[0] == "trainer":
            del sys.modules[name]
    starter = types.ModuleType("_posixsubprocess")  # asyncio can't be imported without it
    vars(starter)["fork_exec"] = guard.refused
    sys.modules["_posixsubprocess"] = starter
    del sys.path[0]


def _run(task: dict[str, Any], parts: list[grading.Step], names: dict[str, Any]) -> int:
    """How many of the steps that count pass; none when the program itself fails."""
    pristine, clock, code = Pristine(), time.monotonic, task["code"]
    until = clock() + task["seconds"]
    started = ended_well(lambda: exec(compile(code, "<answer>", "exec"), names), task["seconds"])
    pristine.restored()
    if not started:
        return 0
    tests, passed = _beside(names, task["entry_point"]), 0
    for part in parts:
        passed += ended_well(partial(exec, part.code, tests), until - clock()) and part.counts
        pristine.restored()
        if clock() > until:
            break
    return passed


def _loaded(name: str) -> None:
    """Load a module of the standard library; the program itself and what is not there come later, or not at all."""
    room = name.partition(".")[0]
    if room in sys.stdlib_module_names and room not in grading.ACTING:
        try:
            importlib.import_module(name)
        except ImportError:
            return


def _beside(names: dict[str, Any], entry_point: str) -> dict[str, Any]:
    """The tests' names: the program's, but no built-in name that it has taken, and untouched built-ins."""
    known = dict(vars(builtins))
    own = {k: v for k, v in names.items() if k not in known or k == entry_point}
    return {**own, "__name__": "tests", "__builtins__": known, grading.SAME: same.same, "__unit__": unit}


def main() -> None:
    """Read the task, free the three standard streams, run, report, leave at once."""
    task = json.loads(sys.stdin.buffer.read())
    report, nothing = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    _thread.stack_size(STACK)
    write, leave, text = os.write, os._exit, json.dumps
    found = marks(task, str(Path.cwd()))
    write(report, text({**found, "word": task["word"]}).encode())
    leave(0)


if __name__ == "__main__":
    main()
