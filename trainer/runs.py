"""The run store: one folder a run, append-only records, the truth about its state."""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from trainer import ladder, processes, waiting
from trainer.errors import UserFacingError
from trainer.fields import diff, nearest
from trainer.plan import Plan
from trainer.proposal import Proposal
from trainer.records import append, read_from, read_json, write_atomic

Status = Literal["queued", "starting", "running", "evaluating", "finished", "stopped", "failed", "died"]
ACTIVE = ("queued", "starting", "running", "evaluating")
"""A run that will go on by itself: it waits for its device, trains or is tested."""
GRACE_SECONDS = 30.0
"""A run that has no process this long after its creation has died."""
SILENT_SECONDS = 60.0
"""Without a sign of progress for this long a run is said to hang."""


@dataclass(frozen=True)
class Run:
    """One run's folder."""

    folder: Path

    @property
    def id(self) -> str:
        """The run's name, such as run-7."""
        return self.folder.name

    @property
    def checkpoints(self) -> Path:
        """Where the trainer saves; only folders with a seal count."""
        return self.folder / "checkpoints"

    @property
    def model(self) -> Path:
        """The finished model or adapter."""
        return self.folder / "model"

    @property
    def sealed(self) -> Path:
        """The hold-out: read only by the evaluation, each read logged."""
        return self.folder / "sealed" / "holdout.jsonl"

    def proposal(self) -> Proposal:
        """The plan as it was approved, with its reasons."""
        return Proposal.model_validate(read_json(self.folder / "proposal.json"))

    def plan(self) -> Plan:
        """The approved plan."""
        return self.proposal().plan

    def effective_plan(self) -> Plan:
        """The approved plan with the repairs that were made since, all of them inside the scope that code enforces."""
        return ladder.repaired(self.plan(), self.repairs())

    def repairs(self) -> list[dict[str, Any]]:
        """Changes made by itself after an out-of-memory: {at, changes: {field: value}, why}, oldest first."""
        return read_from(self.folder / "repairs.jsonl")[0]

    def repair(self, plan: Plan, why: str) -> None:
        """Go on with another plan from now on. The caller has checked that it lies in the scope."""
        changes = {name: new for name, (_, new) in diff(self.effective_plan(), plan).items()}
        append(self.folder / "repairs.jsonl", {"at": time.time(), "changes": changes, "why": why})

    def event(self, kind: str, **facts: Any) -> None:
        """Something that happened, with the wall clock."""
        append(self.folder / "events.jsonl", {"at": time.time(), "kind": kind, **facts})

    def events(self) -> list[dict[str, Any]]:
        """All that happened, in order."""
        return read_from(self.folder / "events.jsonl")[0]

    def metrics(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Logged rows from a byte offset on, and the next offset."""
        return read_from(self.folder / "metrics.jsonl", offset)

    def history(self) -> list[dict[str, Any]]:
        """Logged rows without those a resume has trained over again."""
        kept: list[dict[str, Any]] = []
        for row in self.metrics()[0]:
            if row.get("resumed_from") is not None:
                kept = [k for k in kept if k.get("step", 0) <= row["resumed_from"]]
            else:
                kept.append(row)
        return kept

    def trained_seconds(self) -> float:
        """Seconds of training over all sessions: the last mark of each."""
        total = last = 0.0
        for row in self.metrics()[0]:
            if "resumed_from" in row:
                total, last = total + last, 0.0
            last = max(last, float(row.get("elapsed", 0.0)))
        return total + last

    def set_status(self, status: Status, **facts: Any) -> None:
        """Replace the status document, keeping earlier facts."""
        now = {"status": status, "updated": time.time(), **processes.beat()}
        write_atomic(self.folder / "status.json", read_json(self.folder / "status.json") | now | facts)

    def status(self) -> dict[str, Any]:
        """The state as it is: a run whose process is gone is not 'running', one that waits says behind whom."""
        known = read_json(self.folder / "status.json") | self._worker()
        if known.get("status") in ACTIVE and not self.alive():
            return known | {"status": "died"} | self._death(known)
        if known.get("status") in ("queued", "starting"):
            return known | self._in_line(known)
        return known | _silence(known) if known.get("status") in ACTIVE else known

    def _worker(self) -> dict[str, Any]:
        """{worker_pid} once there is a worker."""
        pid = read_json(self.folder / "worker.json").get("pid")
        return {} if pid is None else {"worker_pid": pid}

    def _in_line(self, known: dict[str, Any]) -> dict[str, Any]:
        facts = {} if known.get("kind") == "trial" else self.in_line()
        return {"status": "queued" if facts else "starting", **facts}

    def in_line(self, again: bool = False) -> dict[str, Any]:
        """Its place while something is before it: {place, of, waits_for, wait_seconds}, else {}.

        `again`: it was resumed just now, so it stands at the end. Seconds are None where one before it can't say.
        """
        where = waiting.standing(self, again)
        if where is None:
            return {}
        left = [_seconds_left(self.folder.parent / name) for name in where.ahead]
        seconds = None if None in left else sum(s for s in left if s is not None)
        return {"place": where.place, "of": where.of, "waits_for": where.waits_for, "wait_seconds": seconds}

    def alive(self) -> bool:
        """Whether one of its processes still runs: by its lock in the line, or by id and start time."""
        mark, worker = read_json(self.folder / "process.json"), read_json(self.folder / "worker.json")
        if processes.running(mark) or processes.running(worker) or waiting.holds(self):
            return True
        since = processes.since(read_json(self.folder / "status.json"))
        return not mark and since is not None and since < GRACE_SECONDS

    def _death(self, known: dict[str, Any]) -> dict[str, Any]:
        ended = read_json(self.folder / "exit.json")
        reason = ended.get("reason", "the process and its watcher were killed")
        if not ended and processes.rebooted(known):
            reason = "interrupted: the machine was restarted while it ran"
        if not ended and not os.access(self.folder, os.W_OK):
            reason = f"nothing can be written to {self.folder}: it is read-only. Make it writable, then resume"
        if known.get("status") == "queued":
            reason = "its process was killed while it waited for the device, or the machine restarted"
        return {"reason": reason, "saved": self.last_checkpoint_name()}

    def last_checkpoint_name(self) -> str | None:
        """The highest checkpoint that carries a seal."""
        sealed = [f.parent.name for f in self.checkpoints.glob("checkpoint-*/seal.json")]
        return max(sealed, key=lambda name: int(name.rsplit("-", 1)[1]), default=None)

    def result(self) -> dict[str, Any]:
        """What the evaluation on the hold-out found; {} before it ended."""
        return read_json(self.folder / "result.json")

    def ask_stop(self) -> None:
        """Ask the worker to save and stop; it looks after every step."""
        (self.folder / "stop").touch()


def _seconds_left(folder: Path) -> float | None:
    """What a run says about its end; before it trains, the middle of its estimate."""
    state = read_json(folder / "status.json")
    if state.get("status") == "running" and state.get("eta_seconds") is not None:
        return max(0.0, float(state["eta_seconds"]) - (processes.since(state) or 0.0))
    estimate = read_json(folder / "proposal.json").get("estimates", {}).get("time", {})
    low, high = estimate.get("low"), estimate.get("high")
    if state.get("status") not in ("queued", "starting") or low is None or high is None:
        return None
    return 30.0 * (float(low) + float(high))


def _silence(known: dict[str, Any]) -> dict[str, Any]:
    """Told when nothing was heard for a minute, or for three times as long as a step takes."""
    since = processes.since(known) or 0.0
    if since < max(SILENT_SECONDS, 3 * (known.get("seconds_per_step") or 0.0)):
        return {}
    return {"silent_seconds": round(since), "phase": f"no progress for {since:.0f} s; stop ends it, resume goes on"}


class RunStore:
    """All runs under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root / "runs"
        self.approvals = root / "approvals"

    def create(self, proposal: Proposal, approval: str, **facts: Any) -> tuple[Run, bool]:
        """A run for an approved proposal. The same approval gives the same run: (run, new)."""
        self.approvals.mkdir(parents=True, exist_ok=True)
        ticket = self.approvals / hashlib.sha256(approval.encode()).hexdigest()
        try:
            handle = os.open(ticket, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return self._started(ticket), False
        run = self._allocate()
        write_atomic(run.folder / "proposal.json", proposal.model_dump(mode="json"))
        run.set_status("starting", step=0, max_steps=proposal.estimates.steps, created=time.time(), **facts)
        with os.fdopen(handle, "w") as file:
            file.write(run.id)
        run.event("approved", hash=proposal.hash, approval=approval)
        return run, True

    def _started(self, ticket: Path) -> Run:
        """The run of a ticket; its writer may still be at it."""
        for _ in range(50):
            if name := ticket.read_text():
                return self.get(name)
            time.sleep(0.1)
        raise UserFacingError("this approval was used but its run never began", "", "Approve again.")

    def _allocate(self) -> Run:
        self.root.mkdir(parents=True, exist_ok=True)
        taken = [int(p.name[4:]) for p in self.root.glob("run-*") if p.name[4:].isdigit()]
        number = 1 + max(taken, default=0)
        while True:
            folder = self.root / f"run-{number}"
            try:
                folder.mkdir()
                return Run(folder)
            except FileExistsError:
                number += 1

    def _was(self, name: str) -> bool:
        """Whether an approval began a run of this name."""
        return self.approvals.is_dir() and any(t.read_text() == name for t in self.approvals.iterdir() if t.is_file())

    def all(self) -> list[Run]:
        """Every run that was begun, oldest first; a folder without a plan is none."""
        named = [Run(p) for p in self.root.glob("run-*") if re.fullmatch(r"run-\d+", p.name)]
        found = [run for run in named if (run.folder / "proposal.json").is_file()]
        return sorted(found, key=lambda run: int(run.id.split("-")[1]))

    def get(self, name: str) -> Run:
        """A run by id; 'last' is the newest."""
        runs = self.all()
        if name == "last" and runs:
            return runs[-1]
        for run in runs:
            if run.id == name:
                return run
        if self._was(name):
            raise UserFacingError(f"the folder of {name} has vanished", str(self.root / name), "Put it back.")
        known = nearest(name, [run.id for run in runs]) if runs else "There are no runs yet."
        raise UserFacingError(f"there is no run {name[:80]}", "", known)
