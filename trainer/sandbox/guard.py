"""The inner wall, on every system: what Python itself reports before doing it is refused (PEP 578).

A program written to break out can get around it (its own machine code, a fault in an extension), which is why
`walls.py` comes first where the system has it. It gives plain reasons, and it is all there is elsewhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

MOST_WRITES = 200
"""Times a program may open a file for writing."""
_FORBIDDEN = (
    # network
    "socket.",
    "webbrowser.",
    "ftplib.",
    "smtplib.",
    "urllib.",
    "http.",
    "nntplib.",
    "poplib.",
    "imaplib.",
    "telnetlib.",
    # processes and signals
    "subprocess.",
    "pty.",
    "os.fork",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "os.system",
    "os.startfile",
    "os.kill",
    "signal.pthread_kill",
    # leaving the folder, or what holds the program
    "os.chroot",
    "os.chdir",
    "os.fchdir",
    "os.symlink",
    "os.link",
    "os.chmod",
    "os.chown",
    "os.lchown",
    "os.setxattr",
    "os.utime",
    "os.unshare",
    "resource.setrlimit",
    "resource.prlimit",
    "fcntl.",
    "syslog.",
    # looking at, or under, the one who marks
    "ctypes.",
    "gc.",
    "sys.settrace",
    "sys.setprofile",
    "sys._current_frames",
    "sys._current_exceptions",
    "sys.addaudithook",
    "code.__new__",
)
_HARMLESS = ("socket.__new__",)
"""An event loop makes one; it can't be connected."""
MODULES = ("ctypes", "_ctypes", "_posixsubprocess", "_testcapi", "_testinternalcapi", "_xxsubinterpreters")
"""Modules with which a program could reach below Python."""
_PATHS = ("os.listdir", "os.scandir")
_CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


Answer = Callable[..., None]


class Guarded(PermissionError):
    """Something a tested program must not do."""


def refused(*arguments: Any) -> None:
    """Stands where a function was that a tested program must not have. Raises Guarded."""
    raise Guarded("a tested program may not start another")


def raise_guard(folder: str, readable: list[str]) -> None:
    """From here on, for ever: no file outside, no process, no network, no looking into the one who marks."""
    sys.addaudithook(_hook({"import": _importing(), **_answers(folder, readable)}))


# What follows holds all it needs in its own closures: nothing of it can be changed through a module or a built-in name.


def _hook(answers: dict[str, Answer]) -> Callable[[str, tuple[Any, ...]], None]:
    forbidden, harmless, starts, refusal = _FORBIDDEN, _HARMLESS, str.startswith, Guarded

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        answer = answers.get(event)
        if answer is not None:
            answer(*arguments)
        elif starts(event, forbidden) and event not in harmless:
            raise refusal("a tested program may not do this: " + event)

    return hook


def _inside(own: str) -> Callable[[Any, tuple[str, ...], tuple[str, ...]], bool]:
    """Whether a path is the program's own, below one of some roots, or one of some files."""
    starts, split, kind, number, letters, octets, decoded = (
        str.startswith,
        str.split,
        type,
        int,
        str,
        bytes,
        os.fsdecode,
    )

    def inside(place: Any, roots: tuple[str, ...], exact: tuple[str, ...]) -> bool:
        sort = kind(place)
        if place is None or sort is number:
            return True
        if sort is not letters and sort is not octets:  # a subclass could say one thing here and another there
            return False
        name = decoded(place)
        if ".." in split(name, "/"):
            return False
        return not starts(name, "/") or starts(name + "/", own) or starts(name, roots) or name in exact

    return inside


def _importing() -> Answer:
    modules, refusal = frozenset(MODULES), Guarded

    def imported(module: Any, *rest: Any) -> None:
        if module in modules:
            raise refusal("a tested program may not use this module")

    return imported


def _answers(folder: str, readable: list[str]) -> dict[str, Answer]:
    """What is done about events that are allowed for some paths."""
    writes, left, refusal, kind, number = _WRITES, [MOST_WRITES], Guarded, type, int
    inside = _inside(folder.rstrip("/") + "/")
    below, named = tuple(f"{path.rstrip('/')}/" for path in readable), tuple(readable)

    def opened(place: Any, mode: Any, flags: Any) -> None:
        if kind(flags) is number and flags & writes:
            left[0] -= 1
            if left[0] < 0 or not inside(place, (), ("/dev/null",)):
                raise refusal("a tested program may not write this file")
        elif not inside(place, below, named):
            raise refusal("a tested program may not read this file")

    def listed(place: Any = None, *rest: Any) -> None:
        if not inside(place, below, named):
            raise refusal("a tested program may not look into this folder")

    def changed(place: Any, other: Any = None, *rest: Any) -> None:
        if not inside(place, (), ()) or not inside(other, (), ()):
            raise refusal("a tested program may not change anything outside its folder")

    files = dict.fromkeys(_PATHS, listed) | dict.fromkeys(_CHANGES, changed)
    return {"open": opened, **files}
