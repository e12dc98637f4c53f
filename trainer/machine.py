"""What this computer has and what it can do, measured once and kept."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from trainer.estimates import record
from trainer.facts import Gpu, Machine
from trainer.paths import home

log = logging.getLogger(__name__)
CALIBRATION_SECONDS = 120
BUSY = 50.0
"""Per cent of a core that others use before that core counts as taken."""
QUIET_ENV = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
    "TRL_EXPERIMENTAL_SILENCE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "false",
    "PYTORCH_ALLOC_CONF": "expandable_segments:True",
}
"""Set before torch is imported: spinning threads make two busy cores 15 times slower; on a GPU, batches of uneven
length left a sixth of its memory reserved and unused before segments could grow."""


def worker_env(threads: int) -> dict[str, str]:
    """The environment of every process that imports torch."""
    return {**os.environ, **QUIET_ENV, "OMP_NUM_THREADS": str(threads)}


def read_machine(measure: bool = True) -> Machine:
    """Cores, memory and GPUs now; speed as measured once on this machine (unknown without `measure`)."""
    measured = _calibration(measure)
    mark = machine_fingerprint()
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
        memory_gb=round(_memory_limit() / 1e9, 1),
        free_disk_gb=round(shutil.disk_usage(home()).free / 1e9, 1),
        gpus=tuple(_gpus()),
        bf16_faster=measured.get("bf16_faster"),
        train_gflops=measured.get("train_gflops", {}),
        startup_seconds=measured.get("startup_seconds"),
        fingerprint=mark,
        past=record.past(mark),
    )


@cache
def machine_fingerprint() -> str:
    """Tells this machine from others: processor, cores, memory, accelerators."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text("utf-8", errors="replace").splitlines() if cpu.is_file() else []
    model = next((line for line in lines if line.startswith("model name")), platform.processor())
    seen = [model, str(_cores()), str(round(_memory_limit() / 1e9)), *(gpu.name for gpu in _gpus())]
    return hashlib.sha256("|".join(seen).encode()).hexdigest()[:16]


def idle_threads(wanted: int) -> int:
    """Idle cores, at most as many as wanted: sharing a core costs more than it gives."""
    busy = sum(load > BUSY for load in psutil.cpu_percent(interval=0.2, percpu=True))
    return max(1, min(wanted, _cores() - busy))


def peak_gb(pid: int) -> float:
    """The most memory a process has held, in GB, as the kernel counted it; 0 when it is gone.

    Never `ru_maxrss`: a child begins with its parent's.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        status = ""
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
    if line:
        return int(line.split()[1]) * 1024 / 1e9
    try:
        return float(psutil.Process(pid).memory_info().rss) / 1e9
    except psutil.Error:
        return 0.0


def _cores() -> int:
    return os.cpu_count() or 1


def _memory_limit() -> int:
    """Bytes of memory: the smaller of the machine's and this container's limit."""
    total = psutil.virtual_memory().total
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else "max"
    return min(total, int(text)) if text.isdigit() else total


def _gpus() -> list[Gpu]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    found = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        major, _ = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle).total
        name = str(pynvml.nvmlDeviceGetName(handle))
        found.append(Gpu(name=name, memory_gb=round(memory / 1e9, 1), bf16=major >= 8))
    return found


def calibration_file() -> Path:
    """Where the measured speed is kept."""
    return home() / "machine.json"


def _calibration(measure: bool) -> dict[str, Any]:
    file = calibration_file()
    if measure and not file.is_file():
        with FileLock(f"{file}.lock"):  # the page measures while a first plan may already be asked for
            if not file.is_file():
                _calibrate(file)
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _calibrate(file: Path) -> None:
    """Time a few training steps in a separate process; on failure the speed stays unknown."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "trainer.calibrate"],
            env=worker_env(_cores()),
            capture_output=True,
            text=True,
            timeout=CALIBRATION_SECONDS,
            cwd=Path(__file__).parent.parent,
            check=True,
        )
        measured = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        log.warning("could not measure this machine's speed: %s", error)
        return
    file.write_text(json.dumps(measured), "utf-8")
