"""Which process is which: a mark that survives reused ids, restarts of the machine and jumps of the clock."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import psutil

_BOOT = Path("/proc/sys/kernel/random/boot_id")
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def boot_id() -> str:
    """One name for each start of the machine; '' where the system has none."""
    return _BOOT.read_text().strip() if _BOOT.is_file() else ""


def _born(pid: int) -> float:
    """When a process began: ticks since the machine's start, which no change of the clock moves.

    Raises psutil.NoSuchProcess when there is no such process.
    """
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").is_file():
        return psutil.Process(pid).create_time() * TICKS
    try:
        return float(stat.read_text().rpartition(")")[2].split()[19])
    except OSError:
        raise psutil.NoSuchProcess(pid) from None


def mark(pid: int) -> dict[str, Any]:
    """What names this very process, and (for reading only) when it began by the wall clock.

    Raises psutil.NoSuchProcess when it is gone.
    """
    began = psutil.Process(pid).create_time()
    return {"pid": pid, "born": _born(pid), "boot": boot_id(), "create_time": began}


def running(known: dict[str, Any]) -> bool:
    """Whether the very process of a mark still runs: same id, same birth, same start of the machine."""
    try:
        process = psutil.Process(known["pid"])
        if "born" not in known:  # written by an older version
            return bool(abs(process.create_time() - known["create_time"]) < 2)
        same = known["boot"] == boot_id() and known["born"] == _born(known["pid"])
        return bool(same) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, ValueError):
        return False


def rebooted(known: dict[str, Any]) -> bool:
    """Whether the machine was started anew since the mark was made."""
    return bool(known.get("boot")) and known["boot"] != boot_id()


def age() -> float:
    """Seconds since this process began, by the clock that nobody sets."""
    if Path("/proc/self/stat").is_file():
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - _born(os.getpid()) / TICKS)
    return max(0.0, time.time() - psutil.Process().create_time())


def beat() -> dict[str, Any]:
    """A moment that another process of the same machine can compare with its own."""
    return {"beat": time.monotonic(), "boot": boot_id()}


def since(moment: dict[str, Any]) -> float | None:
    """Seconds since a beat; None when it was in another start of the machine, or never."""
    if "beat" not in moment or moment.get("boot") != boot_id():
        return None
    return max(0.0, time.monotonic() - float(moment["beat"]))


def running_id(pid: int) -> bool:
    """Whether a child of ours lives and was not waited for."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
