"""What the supervisor does with a worker's end. The workers are real processes that only die."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainer import lab
from trainer import endings, supervisor
from trainer.endings import Ended, cause, kind_of
from trainer.runs import Run

ALLOCATOR = "RuntimeError: [enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried"
CUDA = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.18 GiB "
    "of which 1.18 GiB is free."
)


@pytest.fixture
def run(home: Path, qa_file: Path) -> Iterator[Run]:
    before = signal.getsignal(signal.SIGTERM)
    yield lab.made(qa_file, "r")
    signal.signal(signal.SIGTERM, before)


def dies(monkeypatch: pytest.MonkeyPatch, *scripts: str) -> list[bool]:
    """Workers that run these lines, one after the other; returns what each was told about resuming."""
    told: list[bool] = []

    def command(run: Run, plan: object, resume: bool) -> list[str]:
        told.append(resume)
        log = f"import sys; sys.stderr = open({str(run.folder / 'worker.log')!r}, 'a')\n"
        return [sys.executable, "-c", log + scripts[min(len(told), len(scripts)) - 1]]

    monkeypatch.setattr(supervisor.backends, "command", command)
    return told


def test_out_of_memory_goes_down_the_ladder_and_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed = dies(monkeypatch, "raise MemoryError", f"raise RuntimeError({ALLOCATOR!r})", "pass")
    assert supervisor.supervise(run, resume=False) == 0
    assert resumed == [False, True, True]
    plan = run.effective_plan()
    assert plan.schedule.per_device_train_batch_size == run.plan().schedule.per_device_train_batch_size // 4
    assert plan.effective_batch_size == run.plan().effective_batch_size
    assert [e["sentence"][:11] for e in run.events() if e["kind"] == "repaired"] == ["batch 4 x 1", "batch 2 x 2"] or (
        lab.kinds(run).count("repaired") == 2
    )


def test_the_end_of_the_ladder_is_an_honest_stop(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = dies(monkeypatch, "raise MemoryError")
    supervisor.supervise(run, resume=False)
    state = run.status()
    assert state["status"] == "failed"
    assert len(tried) == 1 + len(run.repairs()) <= 8
    assert "out of memory" in state["reason"]
    assert "needs your approval" in state["reason"]
    assert "max_length" in state["reason"]


def test_after_a_wish_to_stop_nothing_is_started_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = f"open({str(run.folder / 'stop')!r}, 'w'); import time; time.sleep(1); raise MemoryError"
    tried = dies(monkeypatch, stop)
    supervisor.supervise(run, resume=False)
    assert len(tried) == 1


def test_memory_short_in_the_test_is_not_mended_by_rungs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        f"import json; p = {str(run.folder / 'status.json')!r}; s = json.load(open(p)); s['status'] = 'evaluating'\n"
        "json.dump(s, open(p, 'w')); raise MemoryError"
    )
    tried = dies(monkeypatch, script)
    supervisor.supervise(run, resume=False)
    assert len(tried) == 1
    assert run.status()["status"] == "failed"


def test_a_worker_over_the_limit_that_was_set_is_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(endings.LIMIT_ENV, "0.1")
    monkeypatch.setattr(supervisor.ladder, "next_rung", lambda _: None)
    dies(monkeypatch, "x = bytearray(300_000_000); import time; time.sleep(30)")
    supervisor.supervise(run, resume=False)
    assert "of 0.10 (killed, signal 9)" in run.status()["reason"]


@pytest.mark.parametrize(
    ("code", "log", "kind", "words"),
    [
        (1, ALLOCATOR, "memory", "out of memory: it held 1.50 GB of 8.00"),
        (1, CUDA, "memory", "it held 78.0 GB of the GPU's 79.2"),
        (12, "", "memory", "out of memory"),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'", "memory", "out of memory"),
        (1, "OSError: [Errno 28] No space left on device: 'x'", "disk", "paused: the disk is full"),
        (1, "SafetensorError: I/O error: No space left on device (os error 28)", "disk", "Free some space"),
        (1, "OSError: [Errno 24] Too many open files", "handles", "ulimit -n"),
        (1, "RuntimeError: can't start new thread", "processes", "ulimit -u"),
        (1, "RuntimeError: No CUDA GPUs are available", "gpu", "use the cpu"),
        (1, "OSError: [Errno 30] Read-only file system: 'x'", "readonly", "read-only"),
        (-15, "", "stopped", "SIGTERM"),
        (-11, "", "signal", "SIGSEGV"),
        (1, "ValueError: odd", "crash", "crashed: ValueError: odd"),
        (1, "", "crash", "ended with code 1"),
    ],
)
def test_ends_are_told_as_they_were(
    run: Run, monkeypatch: pytest.MonkeyPatch, code: int, log: str, kind: str, words: str
) -> None:
    monkeypatch.setenv(endings.LIMIT_ENV, "8")
    found = cause(run, Ended(code, 1.5, log))
    assert found.kind == kind
    assert words in found.words


@pytest.mark.parametrize(
    ("ended", "kind"),
    [
        (Ended(-9, 1.5, ""), "killed"),
        (Ended(-9, 7.5, ""), "memory"),
        (Ended(-9, 1.5, "", oom_kills=1), "memory"),
        (Ended(-9, 1.5, "", stopped=True), "stopped"),
    ],
)
def test_a_kill_is_the_systems_when_memory_was_short(
    run: Run, monkeypatch: pytest.MonkeyPatch, ended: Ended, kind: str
) -> None:
    monkeypatch.setenv(endings.LIMIT_ENV, "8")
    assert cause(run, ended).kind == kind


def test_the_last_word_counts() -> None:
    assert kind_of("MemoryError ... OSError: No space left on device") == "disk"
    assert kind_of("all is well") is None
