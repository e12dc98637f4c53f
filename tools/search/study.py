"""A study's folder: its order, its trials, its state. No Optuna here, so the page may read it."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.orders import Order
from trainer import processes
from trainer.devices import Claim, claim
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.machine import worker_env
from trainer.plan import Plan
from trainer.records import read_json, write_atomic
from trainer.runs import Run, RunStore
from trainer.waiting import LAST, Line, Standing

ACTIVE = ("queued", "running")
"""A search that will go on by itself."""
SILENT_SECONDS = 120.0
"""A worker on another machine that gave no sign for so long is gone."""


class Ended(Exception):
    """A search that was told to end before its turn came."""


def sign_is_fresh(mark: dict[str, Any]) -> bool:
    """Whether the worker that left this sign of life is still there: by its process, or by time if it is elsewhere."""
    if mark.get("host") == socket.gethostname():
        return processes.running(mark)
    return bool(mark) and time.time() - float(mark["at"]) < SILENT_SECONDS


@dataclass(frozen=True)
class Study:
    """One search."""

    folder: Path

    @property
    def id(self) -> str:
        """The study's name, such as study-2."""
        return self.folder.name

    def order(self) -> Order:
        """What was approved."""
        return Order.model_validate(read_json(self.folder / "order.json"))

    def trials(self) -> list[Run]:
        """The trials' runs, oldest first."""
        return RunStore(self.folder).all()

    def state(self) -> dict[str, Any]:
        """Progress and result; 'died' when the driver is gone, 'queued' with its place while it waits."""
        known = read_json(self.folder / "study.json")
        if known.get("status") == "running" and not self.alive():
            return known | {"status": "died"}
        return known | {"status": "queued", **known["line"]} if known.get("line") else known

    def claim(self) -> Claim:
        """It holds what its plan needs, for all trials."""
        return claim(self.id, self.id, self.order().planned.plan.compute)

    def standing(self) -> Standing | None:
        """Where it stands in the line; None when nothing is before it."""
        return Line(self.folder.parents[1]).standing(self.claim(), LAST)

    def stands(self, where: Standing | None) -> None:
        """Note where it stands, if that has changed; None when its turn has come. Raises Ended where it shall end."""
        if (self.folder / "stop").exists():
            raise Ended
        line = where and {"place": where.place, "of": where.of, "waits_for": where.waits_for}
        if read_json(self.folder / "study.json").get("line") != line:
            self.write(line=line)

    def write(self, **facts: Any) -> None:
        """Replace the state document, keeping earlier facts."""
        write_atomic(self.folder / "study.json", read_json(self.folder / "study.json") | facts)

    def alive(self) -> bool:
        """Whether its driver or one of its workers still runs: any of them brings it to its end."""
        if processes.running(read_json(self.folder / "process.json")):
            return True
        return any(sign_is_fresh(read_json(mark)) for mark in (self.folder / "workers").glob("*.json"))

    def mark(self) -> None:
        """Note the driver's process."""
        write_atomic(self.folder / "process.json", processes.mark(os.getpid()))

    def begin(self) -> None:
        """Its time runs from now on; what was spent before it was interrupted counts."""
        spent = float(read_json(self.folder / "study.json").get("seconds", 0.0))
        self.write(begun=time.time() - spent)

    def ask_stop(self) -> None:
        """Let it end now, as if its time were up."""
        (self.folder / "stop").touch()

    def late(self) -> bool:
        """Whether its time is up, or it was asked to end."""
        if (self.folder / "stop").exists():
            return True
        known, search = read_json(self.folder / "study.json"), self.order().search
        spent = time.time() - known.get("begun", time.time())
        return bool(search and search.max_hours is not None and spent > search.max_hours * 3600)

    def placed_plan(self) -> Plan:
        """The plan with the address of the cluster that all trials share, where there is one."""
        address = read_json(self.folder / "study.json").get("address")
        plan = self.order().planned.plan
        return replace(plan, {"address": address}) if address else plan

    def resume(self) -> None:
        """Go on with a search whose processes were all killed. Raises UserFacingError where it goes on by itself."""
        state = self.state().get("status")
        if state != "died":
            raise UserFacingError(f"is {state}", self.id, "Only a search that was killed can be resumed.")
        (self.folder / "stop").unlink(missing_ok=True)
        self.write(status="running", seconds=self.state().get("seconds", 0.0))
        self.start()

    def start(self) -> None:
        """Start the driver in its own session."""
        with (self.folder / "driver.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.search.driver", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=worker_env(1),
                cwd=Path(__file__).parent.parent.parent,
            )
        write_atomic(self.folder / "process.json", processes.mark(process.pid))

    def wait(self, tick: float = 1.0) -> dict[str, Any]:
        """Block until the study has ended."""
        while self.state().get("status") in ACTIVE:
            time.sleep(tick)
        return self.state()


class StudyStore:
    """All studies."""

    def __init__(self, home: Path) -> None:
        self.root = home / "studies"

    def create(self, order: Order, approval: str) -> tuple[Study, bool]:
        """A study for an approved order; the same approval gives the same study."""
        self.root.mkdir(parents=True, exist_ok=True)
        ticket = self.root / f"ticket-{hashlib.sha256(approval.encode()).hexdigest()}"
        number = 1 + len(list(self.root.glob("study-*")))
        try:
            handle = os.open(ticket, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            if name := ticket.read_text():
                return self.get(name), False
            handle = os.open(ticket, os.O_WRONLY)  # its writer was killed before the study was made
        study = Study(self.root / f"study-{number}")
        study.folder.mkdir()
        write_atomic(study.folder / "order.json", order.model_dump(mode="json"))
        stored = f"{study.id}-{uuid.uuid4().hex[:8]}"  # a database may hold the studies of several homes
        study.write(status="running", study=study.id, trials=[], started=time.time(), stored_as=stored)
        with os.fdopen(handle, "w") as file:
            file.write(study.id)
        return study, True

    def all(self) -> list[Study]:
        """Every study, oldest first."""
        return [Study(p) for p in sorted(self.root.glob("study-*"), key=lambda p: int(p.name[6:]))]

    def get(self, name: str) -> Study:
        """A study by id; 'last' is the newest."""
        found = {s.id: s for s in self.all()}
        if name == "last" and found:
            return list(found.values())[-1]
        if name not in found:
            raise UserFacingError(
                f"there is no study {name[:80]}",
                "",
                f"There are: {', '.join(found) or 'none yet'}.",
            )
        return found[name]
