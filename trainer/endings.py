"""Why a worker ended, as one sentence: read from its exit code, its own log and the machine."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import yaml

from trainer.runs import Run

LIMIT_ENV = "TUNESMITH_MEMORY_GB"
"""Environment variable: the memory in GB that a worker and its children may take; the supervisor sees to it."""
TAIL = 6000
"""Characters at the end of the log in which the cause stands."""
NEAR = 0.9
"""Share of the memory limit from which on a kill is taken for the system's."""
OUT_OF_MEMORY = 12
"""Exit code of a worker that ran out of memory (ENOMEM): the supervisor may try again with less."""
_GPU = re.compile(r"total capacity of ([\d.]+) GiB of which ([\d.]+) (G|M)iB is free")
_CGROUP = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")


@dataclass(frozen=True)
class Ended:
    """One worker's end."""

    code: int
    peak_gb: float
    """The most memory it held."""
    log: str
    """What it wrote."""
    oom_kills: int = 0
    """Processes that the system killed for memory meanwhile."""
    stopped: bool = False
    """Whether a person had asked it to stop."""


@dataclass(frozen=True)
class Cause:
    """Why it ended: a kind for code, words for people."""

    kind: str
    words: str


@cache
def _table() -> list[dict[str, Any]]:
    return list(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8")))


def kind_of(text: str) -> str | None:
    """The kind of lack that a message tells of; the last one told counts."""
    found = [(text.rfind(phrase), row["kind"]) for row in _table() for phrase in row["phrases"]]
    place, kind = max(found)
    return kind if place >= 0 else None


def kind_of_error(error: BaseException) -> str | None:
    """The kind of lack behind an exception."""
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return "readonly"
    return kind_of(f"{type(error).__name__}: {error}")


def oom_kills() -> int:
    """How often the system has killed for memory in this control group (0 where it does not say)."""
    for name in _CGROUP:
        try:
            found = re.search(r"^oom_kill (\d+)$", Path(name).read_text(), re.MULTILINE)
        except OSError:
            continue
        return int(found[1]) if found else 0
    return 0


def said_limit_gb() -> float | None:
    """The limit that was set, if one was."""
    said = os.environ.get(LIMIT_ENV)
    return float(said) if said else None


def limit_gb() -> float:
    """The memory a worker may take, in GB: what was set, or what the machine or container has."""
    if said := said_limit_gb():
        return said
    from trainer.machine import read_machine

    return read_machine(measure=False).memory_gb


def cause(run: Run, ended: Ended) -> Cause:
    """Why a worker ended."""
    if ended.code == 0:
        return Cause("ended", "ended by itself")
    if ended.code == 2:
        return Cause("told", str(run.status().get("reason") or "ended with code 2"))
    tail = ended.log[-TAIL:]
    kind = "memory" if ended.code == OUT_OF_MEMORY else kind_of(tail)
    if ended.code == -signal.SIGKILL:
        return _killed(run, ended)
    if kind is not None:
        return Cause(kind, words(kind, run, ended))
    if ended.code in (-signal.SIGTERM, 128 + signal.SIGTERM):
        return Cause("stopped", "ended by signal 15 (SIGTERM) before it had begun to train")
    if ended.code < 0:
        return Cause("signal", f"ended by signal {-ended.code} ({signal.Signals(-ended.code).name})")
    lines = [line for line in tail.splitlines() if line.strip()]
    return Cause("crash", f"crashed: {lines[-1][:300]}" if lines else f"ended with code {ended.code}")


def _killed(run: Run, ended: Ended) -> Cause:
    if ended.oom_kills or ended.peak_gb > NEAR * limit_gb():
        return Cause("memory", words("memory", run, ended).replace(". ", " (killed, signal 9). ", 1))
    if ended.stopped:
        return Cause("stopped", "it did not move any more and was killed (signal 9) after you asked it to stop")
    at = f"at step {run.status().get('step', 0)} "
    return Cause("killed", f"killed (signal 9) {at}while it held {ended.peak_gb:.1f} GB; memory was not short")


def words(kind: str, run: Run, ended: Ended = Ended(0, 0.0, "")) -> str:
    """The sentence of a kind of lack, with this machine's figures."""
    row = next(r for r in _table() if r["kind"] == kind)
    held, limit = _memory(ended)
    figures = {
        "path": run.folder,
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "processes": resource.getrlimit(resource.RLIMIT_NPROC)[0],
        "free": f"{_free(run.folder) / 1e9:.2f} GB",
        "largest": _largest(run) if kind == "disk" else "",
        "peak": held,
        "limit": limit,
    }
    return f"{row['problem']}. {row['fix']}".format(**figures)


def _memory(ended: Ended) -> tuple[str, str]:
    if told := _GPU.search(ended.log[-TAIL:]):
        total = float(told[1])
        free = float(told[2]) / (1 if told[3] == "G" else 1024)
        return f"{total - free:.1f} GB", f"the GPU's {total:.1f}"
    return f"{ended.peak_gb:.2f} GB", f"{limit_gb():.2f}"


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _largest(run: Run) -> str:
    """The runs beside this one whose checkpoints take most."""
    sizes = {p.parent.name: _bytes(p) for p in run.folder.parent.glob("*/checkpoints") if p != run.checkpoints}
    most = sorted(sizes, key=lambda name: -sizes[name])[:2]
    told = [f"the checkpoints of {name} take {sizes[name] / 1e9:.2f} GB" for name in most if sizes[name] > 1e6]
    return ", ".join(told) or "no other run here keeps checkpoints: look outside"


def _bytes(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def memory_of(pid: int) -> float:
    """GB that a process and its children hold now; 0 when it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e9
    except psutil.Error:
        return 0.0
