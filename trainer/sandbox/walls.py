"""Walls around this process, put up by itself before a foreign program runs. Each is tried; those that stand are named.

limits   CPU seconds, memory, size of a file, open files, no core dump (POSIX rlimits; not the number of processes)
network  a network of its own without any device, and a small file system in memory as the working folder
         (Linux namespaces; many containers forbid them)
files    nothing outside the standard library and the working folder can be read, nothing outside the latter written
         (Landlock, Linux 5.13)
calls    no new process, no program, no socket, no signal to anyone (seccomp; x86-64 and ARM64)
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from trainer.sandbox import calls

CPU_SECONDS = 5
MEMORY = 512 << 20
FILE_BYTES = 1 << 20
SCRATCH_BYTES = 8 << 20
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 38, 22
_NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000
_LIBRARIES = ("/usr/lib", "/lib", "/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/localtime", "/dev/urandom")
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute (a library is mapped so), read a file, list a folder
_ALL = (1 << 13) - 1  # what the first version of Landlock knows; newer kernels know it too
_REFUSE, _NO_SUCH, _KILL, _ALLOW = 0x00050001, 0x00050026, 0x80000000, 0x7FFF0000
_CLONE_THREAD = 0x00010000


def readable() -> list[str]:
    """Folders a program may read: the standard library and the system's libraries it links to."""
    own = [part for part in sys.path if part.startswith((sys.base_prefix, sys.base_exec_prefix))]
    return [*own, str(Path(os.__file__).parent), *_LIBRARIES]


def put_up(folder: str) -> list[str]:
    """Put up every wall that this system has; return the names of those that stand."""
    system = ctypes.CDLL(None, use_errno=True)
    walls: list[tuple[str, Callable[[], object]]] = [("limits", _limits)]
    if sys.platform == "linux":
        system.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
        walls += [
            ("network", lambda: _apart(system, folder)),
            ("files", lambda: _landlock(system, folder)),
            ("calls", lambda: _seccomp(system)),
        ]
    return [name for name, wall in walls if _stands(wall)]


def _stands(wall: Callable[[], object]) -> bool:
    try:
        wall()
    except (OSError, ValueError, KeyError):
        return False
    return True


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def _limits() -> None:
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    # not RLIMIT_NPROC: Linux counts a user's threads on the whole machine with it and never holds root to it


def _apart(system: ctypes.CDLL, folder: str) -> None:
    user, group = os.getuid(), os.getgid()
    _checked(system.unshare(_NEWUSER | _NEWNET | _NEWNS), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    size = f"size={SCRATCH_BYTES},nr_inodes=256,mode=700".encode()
    _checked(system.mount(b"tmpfs", folder.encode(), b"tmpfs", 0x6, size), "mount")
    os.chdir(folder)


class _Attributes(ctypes.Structure):
    _fields_ = [("handled", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def _landlock(system: ctypes.CDLL, folder: str) -> None:
    wanted = _Attributes(_ALL)
    rules = _checked(system.syscall(444, ctypes.byref(wanted), ctypes.sizeof(wanted), 0), "landlock")
    for path, rights in [*((p, _READ) for p in readable()), (folder, _ALL), ("/dev/null", 0x6)]:
        if Path(path).exists():
            _open_up(system, rules, path, rights)
    _checked(system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    _checked(system.syscall(446, rules, 0), "landlock")
    os.close(rules)


def _open_up(system: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rights &= _ALL if Path(path).is_dir() else 0x7  # a file has no folder's rights
    _checked(system.syscall(445, rules, 1, ctypes.byref(_Beneath(rights, place)), 0), path)
    os.close(place)


class _Line(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("lines", ctypes.POINTER(_Line))]


def _seccomp(system: ctypes.CDLL) -> None:
    lines = _filter()
    array = (_Line * len(lines))(*lines)
    program = _Program(len(lines), array)
    _checked(system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    _checked(system.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0), "seccomp")


def _filter() -> list[_Line]:
    """The filter in BPF: wrong machine dies, threads may start, processes not, listed calls are refused."""
    machine, clone, clone3, refused = calls.of(platform.machine())
    load, equal, at_least, has, end = 0x20, 0x15, 0x35, 0x45, 0x06
    lines = [_Line(load, 0, 0, 4), _Line(equal, 1, 0, machine), _Line(end, 0, 0, _KILL), _Line(load, 0, 0, 0)]
    lines += [_Line(at_least, 0, 1, 0x40000000), _Line(end, 0, 0, _KILL)]
    for call in refused:
        lines += [_Line(equal, 0, 1, call), _Line(end, 0, 0, _REFUSE)]
    lines += [_Line(equal, 0, 1, clone3), _Line(end, 0, 0, _NO_SUCH)]  # then the C library uses clone
    lines += [_Line(equal, 0, 3, clone), _Line(load, 0, 0, 16), _Line(has, 1, 0, _CLONE_THREAD)]
    return [*lines, _Line(end, 0, 0, _REFUSE), _Line(end, 0, 0, _ALLOW)]
