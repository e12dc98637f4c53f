"""Faults F38 to F54 of a training, injected one by one into real processes, with what a person sees.

`python -m tests.trainer.training_faults > docs/training-faults.md` writes the table of the docs by running them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.trainer import lab
from tests.trainer.lab import Nursery, until
from tools.words import status_words
from trainer import checks, launch, runs
from trainer.checkpoints import STAGING, checkpoints
from trainer.errors import UserFacingError
from trainer.paths import home
from trainer.proposal import propose
from trainer.records import read_json, write_atomic
from trainer.runs import Run, RunStore
from trainer.wishes import Wishes

LARGE: dict[str, Any] = {"tuning": "full", "per_device_train_batch_size": 16, "max_steps": 4, "eval_steps": 2}
"""A run whose memory is mostly what a batch takes."""
LONG: dict[str, Any] = {"max_steps": 400, "eval_steps": 3}
ROOT = Path(__file__).parents[2]


@dataclass
class Lab:
    """A folder, rows, and a nursery of workers."""

    nursery: Nursery
    folder: Path
    mounted: list[Path] = field(default_factory=list)

    @property
    def rows(self) -> Path:
        path = self.folder / "qa.csv"
        return path if path.exists() else lab.rows(path)

    def begun(self, name: str, changes: dict[str, Any] | None = None, **wishes: Any) -> Run:
        return self.nursery.begun(self.rows, name, changes, **wishes)

    def whole(self, **wishes: Any) -> Run:
        """A run that nobody touches."""
        return lab.finished(self.begun("whole", **wishes))

    def disk(self, megabytes: int) -> Path:
        """A home on a small disk of its own. Skips where that can't be had."""
        place = self.folder / f"disk-{len(self.mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place)]
        if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("a small disk can't be mounted here")
        self.mounted.append(place)
        os.environ["TUNESMITH_HOME"] = str(lab.measured(place / "home"))
        return place

    def close(self) -> None:
        """Leave no process and no disk behind."""
        for run in RunStore(home()).all():
            lab.leave(run)
        for place in self.mounted:
            subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def seen(run: Run) -> str:
    """What `tunesmith show` says first."""
    return status_words(run).replace(str(home()), "HOME")


def as_whole(run: Run, whole: Run) -> str:
    return f"resumed: the largest difference of a loss to the unbroken run is {lab.difference(run, whole):.0e}"


def killed(at: Lab) -> str:
    whole = at.whole()
    run = at.begun("killed")
    until(run, lab.saved(run))
    lab.kill(run)
    began = time.monotonic()
    until(run, lab.ended)
    told, words = time.monotonic() - began, seen(run)
    at.nursery.resumed(run)
    return f"after {told:.1f} s: {words} · {as_whole(run, whole)}"


def killed_in_a_write(at: Lab) -> str:
    whole = at.whole()
    run = at.begun("write")
    until(run, lab.saved(run))
    until(run, lambda s: (run.checkpoints / STAGING).is_dir() or lab.ended(s))
    lab.kill(run)
    until(run, lab.ended)
    half = (run.checkpoints / STAGING).is_dir()
    words, kept = seen(run), lab.event(run, "saved")["step"]
    at.nursery.resumed(run)
    from_ = lab.event(run, "resumed")["step"]
    assert from_ >= kept
    return f"{words} · half-written folder found: {half}; went on from step {from_} · {as_whole(run, whole)}"


def damaged(at: Lab) -> str:
    whole = at.whole()
    run = at.begun("damaged")
    until(run, lambda s: lab.kinds(run).count("saved") >= 2 or lab.ended(s))
    lab.kill(run)
    until(run, lab.ended)
    newest = checkpoints(run.checkpoints)[-1]
    data = bytearray((newest / "optimizer.pt").read_bytes())
    data[len(data) // 2] ^= 1
    (newest / "optimizer.pt").write_bytes(data)
    at.nursery.resumed(run)
    aside = [p.name for p in run.folder.glob("broken-*")]
    return f"{lab.event(run, 'damaged')['words']} (kept aside: {len(aside)}) · {as_whole(run, whole)}"


def full_disk(at: Lab) -> str:
    at.disk(300)
    run = at.begun("disk", tuning="full", max_steps=30, eval_steps=5)
    state = until(run, lambda s: lab.kinds(run).count("saved") or lab.ended(s))
    filler = at.mounted[-1] / "filler"
    with filler.open("wb") as stream:
        try:
            while True:
                stream.write(b"x" * 65536)
                stream.flush()
        except OSError:
            pass
    state = until(run, lab.ended)
    words, readable = seen(run), len(run.events()) > 0 and len(run.history()) > 0
    assert state["saved"] == lab.checkpoint_found(run)
    filler.unlink()
    lab.finished(at.nursery.start(run, resume=True))
    return f"{words} · records readable: {readable}; resumed after space was freed"


def too_little_disk(at: Lab) -> str:
    proposal = propose(at.rows, Wishes(goal="t", dataset_path=str(at.rows), **lab.SHORT))
    facts = propose_facts(at, free_disk_gb=0.001)
    found = checks.findings(proposal.plan, facts, proposal.estimates, proposal.preflight)
    return next(f.advice for f in found if f.rule == "disk")


def propose_facts(at: Lab, **machine: Any) -> Any:
    from trainer.proposal import survey

    facts = survey(at.rows, Wishes(goal="t", dataset_path=str(at.rows))).facts
    return facts.model_copy(update={"machine": facts.machine.model_copy(update=machine)})


def out_of_memory(at: Lab) -> str:
    lab.rows(at.folder / "qa.csv", 60, 6)
    whole = at.whole(**LARGE)
    until(whole, lambda s: "worker_ended" in lab.kinds(whole))
    base = psutil.Process(at.nursery.process.pid).memory_info().rss / 1e9
    peak = read_json(whole.folder / "exit.json")["peak_gb"]
    run = lab.made(at.rows, "short", **LARGE)
    lab.finished(at.nursery.start(run, TUNESMITH_MEMORY_GB=f"{base + 0.75 * (peak - base):.3f}"))
    plan, repaired = run.effective_plan(), lab.event(run, "repaired")
    assert plan.effective_batch_size == run.plan().effective_batch_size
    assert lab.difference(run, whole) < 1e-3
    return f"{repaired['why']}; {repaired['sentence']} · finished, largest difference {lab.difference(run, whole):.0e}"


def never_enough(at: Lab) -> str:
    run = lab.made(at.rows, "never", per_device_train_batch_size=2)
    at.nursery.start(run, TUNESMITH_MEMORY_GB="0.2")
    until(run, lab.ended)
    return f"{seen(run)} · {len(run.repairs())} rungs recorded"


def hang(at: Lab) -> str:
    run = at.begun("hang", **LONG)
    until(run, lab.saved(run))
    lab.kill(run, signal.SIGSTOP)
    time.sleep(3)
    was, runs.SILENT_SECONDS = runs.SILENT_SECONDS, 2.0
    try:
        words = seen(run)
    finally:
        runs.SILENT_SECONDS = was
    began = time.monotonic()
    run.ask_stop()
    until(run, lab.ended)
    return f"(limit lowered to 2 s) {words} · stopped {time.monotonic() - began:.0f} s after it was asked: {seen(run)}"


def nan(at: Lab) -> str:
    run = lab.made(at.rows, "nan", **LONG)
    at.nursery.start(run, TUNESMITH_TEST_NAN="8")
    assert until(run, lab.ended)["status"] == "failed"
    assert lab.checkpoint_found(run) == "checkpoint-6"
    assert [r["step"] for r in run.history() if r.get("loss") == "NaN"] == [8]
    return seen(run)


def nothing_to_learn(at: Lab) -> str:
    proposal = propose(at.rows, Wishes(goal="t", dataset_path=str(at.rows), **lab.SHORT, max_length=8))
    assert proposal.blockers
    return proposal.blockers[0].advice


PIECES: dict[str, Any] = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 6, "max_steps": 6}
"""Steps of many pieces, so that a wish to stop comes in the middle of one."""


def stopped_when(at: Lab, whole: Run, name: str, moment: Callable[[Run, dict[str, Any]], Any], kind: str = "") -> str:
    """Ask to stop at a moment: how long until it is over. Resumed, it ends as if nobody had asked."""
    run = lab.made(at.rows, f"stop-{name}", None, kind or "trial", **PIECES)
    at.nursery.start(run)
    until(run, lambda s: moment(run, s) or lab.ended(s))
    began = time.monotonic()
    run.ask_stop()
    state = until(run, lab.ended)
    took = time.monotonic() - began
    assert state["status"] == "stopped", state
    at.nursery.resumed(run)
    assert lab.difference(run, whole) < 1e-6, name
    return f"{name}: {took:.1f} s"


def stops(at: Lab) -> str:
    def has(kind: str) -> Callable[[Run, dict[str, Any]], Any]:
        return lambda run, _: kind in lab.kinds(run)

    def validating(run: Run, _: dict[str, Any]) -> bool:
        return any(row.get("step") == 3 for row in run.metrics()[0])

    whole = at.whole(**PIECES)
    told = [
        stopped_when(at, whole, "reading", lambda run, _: lab.has_worker(run)),
        stopped_when(at, whole, "loading", has("data_ready")),
        stopped_when(at, whole, "first step", has("versions")),
        stopped_when(at, whole, "later step", lambda _, s: s.get("step", 0) == 1 and s["status"] == "running"),
        stopped_when(at, whole, "validation", validating),
        stopped_when(at, whole, "save", lambda run, _: (run.checkpoints / STAGING).is_dir()),
        stopped_when(at, whole, "test", lambda _, s: s["status"] == "evaluating", kind="full"),
    ]
    return f"stopped after · {' · '.join(told)}; each was resumed to the end, losses as in an unbroken run"


def page_gone(at: Lab) -> str:
    run = lab.made(at.rows, "page")
    script = "from pathlib import Path; from trainer import launch; from trainer.runs import Run\n"
    script += f"launch.start(Run(Path({str(run.folder)!r}))); print('started', flush=True); input()"
    page = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert page.stdout is not None
    page.stdout.readline()
    page.kill()
    page.wait()
    lab.finished(run)
    return seen(run)


def reboot(at: Lab) -> str:
    run = at.begun("reboot", **LONG)
    until(run, lab.saved(run))
    lab.kill_all(run)
    for name in ("process.json", "worker.json", "status.json"):
        file = run.folder / name
        # the process ids are in use again, by processes that began at the same tick
        write_atomic(file, read_json(file) | {"boot": "another", "pid": os.getpid()})
    return seen(run)


def two_workers(at: Lab) -> str:
    run = at.begun("two", **LONG)
    until(run, lab.saved(run))
    with pytest.raises(UserFacingError) as refused:
        launch.start(run)
    second = [sys.executable, "-m", "trainer.launch", str(run.folder)]
    done = subprocess.run(second, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    assert done.returncode == 3
    run.ask_stop()
    until(run, lab.ended)
    told = done.stderr.strip().splitlines()[-1]
    return f"{refused.value.sentence()} · a second supervisor: {told}"


def clock(at: Lab) -> str:
    whole = at.whole()
    run = lab.made(at.rows, "clock")
    at.nursery.start(run, TUNESMITH_TEST_CLOCK=str(at.folder / "jump"))
    until(run, lab.saved(run))
    (at.folder / "jump").write_text("-86400")
    until(run, lambda s: lab.kinds(run).count("saved") >= 2 or lab.ended(s))
    (at.folder / "jump").write_text("31536000")
    lab.finished(run)
    took = [row["elapsed"] for row in run.metrics()[0]]
    assert took == sorted(took)
    assert min(took) >= 0
    return f"{seen(run)} · no negative time in {len(took)} rows; largest difference {lab.difference(run, whole):.0e}"


def preempted(at: Lab) -> str:
    run = at.begun("term", **LONG)
    until(run, lab.saved(run))
    began, step = time.monotonic(), int(run.status()["step"])
    lab.kill(run, signal.SIGTERM)
    lab.kill(run, signal.SIGTERM)
    until(run, lab.ended)
    took = time.monotonic() - began
    until(run, lambda s: "worker_ended" in lab.kinds(run))
    code = lab.event(run, "worker_ended")["code"]
    assert lab.event(run, "saved")["step"] >= step
    return f"(SIGTERM twice) after {took:.1f} s, exit code {code}: {seen(run)}"


def read_only(at: Lab) -> str:
    place = at.disk(60)
    run = at.begun("ro", **LONG)
    until(run, lab.saved(run))
    subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
    until(run, lab.ended)
    words = seen(run)
    subprocess.run(["umount", "-l", str(place)], check=True)
    lab.start_and_stop(at.nursery, run)
    return f"{words} · resumed once it was writable"


def vanished(at: Lab) -> str:
    run = at.begun("gone", **LONG)
    until(run, lab.saved(run))
    pid = lab.worker(run)
    shutil.rmtree(run.folder)
    began = time.monotonic()
    while psutil.pid_exists(pid) and time.monotonic() - began < 30:
        time.sleep(0.1)
    took = time.monotonic() - began
    with pytest.raises(UserFacingError) as told:
        RunStore(home()).get(run.id)
    return f"{told.value.sentence().replace(str(home()), 'HOME')} · the worker was gone after {took:.0f} s"


def few_handles(at: Lab) -> str:
    run = lab.made(at.rows, "handles")
    at.nursery.start(run, TUNESMITH_TEST_HANDLES="7")
    until(run, lab.ended)
    return seen(run)


def no_gpu(at: Lab) -> str:
    run = at.begun("gpu", {"device": "cuda"})
    until(run, lab.ended)
    return seen(run)


@dataclass(frozen=True)
class Case:
    """One fault: how it is injected, what must be said, what must hold."""

    number: str
    name: str
    injected: str
    play: Callable[[Lab], str]
    says: tuple[str, ...]
    holds: str
    quick: bool = False


CASES = [
    Case("F38", "killed in training", "kill -9 of the worker", killed,
         ("killed (signal 9) at step", "say 'resume'", "unbroken run is 0e+00"), "all but one save interval", True),
    Case("F39", "killed in a checkpoint write", "kill -9 while the staging folder is there", killed_in_a_write,
         ("went on from step", "unbroken run is 0e+00"), "what is half written never counts", True),
    Case("F40", "damaged checkpoint", "one bit of optimizer.pt flipped", damaged,
         ("damaged", "going on from checkpoint-", "kept aside: 1", "unbroken run is 0e+00"), "the one before it"),
    Case("F41", "disk too small, before", "1 MB free", too_little_disk, ("of disk and", "are free"), "nothing starts"),
    Case("F41", "disk full", "a small disk filled up in mid-run", full_disk,
         ("paused: the disk is full", "Free some space", "records readable: True"), "checkpoint and records"),
    Case("F42", "out of memory", "a memory limit between the batch's need and half of it", out_of_memory,
         ("out of memory: it held", "the same 16 rows a step"), "the effective batch, the result within 1e-3", True),
    Case("F42", "out of memory, nothing helps", "a limit below the model's own need", never_enough,
         ("out of memory", "inside the approved plan", "needs your approval", "2 rungs"), "the record"),
    Case("F43", "hang", "SIGSTOP of the worker", hang, ("no progress for", "killed (signal 9) after you asked"),
         "stop works"),
    Case("F44", "loss not a number", "the loss of step 8 (rows are logged every sixth) is made NaN", nan,
         ("no longer a number at step 8", "learning rate", "last good checkpoint is checkpoint-6"), "never a success"),
    Case("F45", "nothing to learn", "max_length 8", nothing_to_learn, ("Not one token would be trained on",),
         "nothing starts"),
    Case("F46", "stop in any phase", "a stop while reading, loading, in a step, a validation, a save, the test", stops,
         ("reading", "test", "as in an unbroken run"), "a resumable state"),
    Case("F47", "page killed", "the process that started the run is killed", page_gone, ("finished",),
         "the run goes on"),
    Case("F48", "machine restarted", "all processes killed, another boot id, ids in use again", reboot,
         ("interrupted: the machine was restarted", "say 'resume'"), "no dead run looks alive"),
    Case("F49", "two workers on one run", "started twice", two_workers, ("running already", "already: refused"),
         "no mixed checkpoints"),
    Case("F50", "clock jumps", "one day back, then a year on", clock, ("is finished", "no negative time"),
         "order and durations"),
    Case("F51", "preemption", "SIGTERM", preempted, ("exit code 0", "was stopped"), "at most one step is lost", True),
    Case("F52", "read-only folder", "the disk remounted read-only in mid-run", read_only,
         ("nothing can be written to HOME", "resumed once"), "what was saved"),
    Case("F52", "vanished folder", "rm -rf of the run in mid-run", vanished, ("the folder of", "has vanished"),
         "data and the other runs"),
    Case("F53", "too few file handles", "ulimit -n 7", few_handles, ("too few file handles",), "the record"),
    Case("F54", "GPU missing", "a plan for a GPU on a machine that has none", no_gpu,
         ("the plan is for a GPU and none can be used now", "use the cpu"), "the approval is for its device"),
]  # fmt: skip


HEAD = """# What happens when a training is hurt

Each fault was injected into real processes by `python -m tests.trainer.training_faults`, which also wrote this table.
Two hundred random kills in training and a hundred in checkpoint writing: `python -m benchmarks.kills`.

| fault | injected | what you see | what holds |
|---|---|---|---|
"""


def _row(case: Case, nursery: Nursery) -> str:
    sys.stderr.write(f"{case.number} {case.name}\n")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["TUNESMITH_HOME"] = str(lab.measured(Path(folder) / "home"))
        at = Lab(nursery, Path(folder))
        try:
            said = case.play(at)
        except pytest.skip.Exception as reason:
            said = f"not tried: {reason}"
        finally:
            at.close()
    return f"| {case.number} {case.name} | {case.injected} | {said.replace('|', ' ')} | {case.holds} |\n"


if __name__ == "__main__":
    wanted = sys.argv[1:]
    sys.stdout.write(HEAD)
    with Nursery() as one:
        for case in CASES:
            if not wanted or case.number in wanted:
                sys.stdout.write(_row(case, one))
                sys.stdout.flush()
