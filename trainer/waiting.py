"""Whose turn it is: one run at a time on a device, first approved first served.

Every run that wants a device holds a ticket: a small file in the home's `line` folder, locked (flock) by
the supervisor and, once it trains, by the worker too. A lock vanishes with the last process that holds it,
so a killed waiter, a killed worker or a restart of the machine frees the place without anybody's help. No
clock decides: the order is in the tickets' names. A study holds its device as one party; its trials take
tickets of the same party and never wait for each other.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from trainer import processes
from trainer.devices import Claim, claim_of, who_of
from trainer.devices import claim as claim_for
from trainer.errors import UserFacingError
from trainer.plan import Compute
from trainer.records import read_json
from trainer.tickets import Ticket, held, lock, name_of, read, rewrite, write_new

if TYPE_CHECKING:
    from trainer.runs import Run

POLL = 0.5
"""Seconds between two looks of one that waits."""
PATIENCE = 60.0
"""Seconds that one who could go waits for processes of runs that were approved earlier and are on their way."""
GAP = 10.0
"""Seconds between an approval and its process; longer, and whoever approved was killed in between."""
LAST = 9_999_999
"""First figure of one that has no number of its own."""
FRONT = 99_999
"""Second figure of the first ticket that was moved to the front; each later one takes one less."""


@dataclass(frozen=True)
class Standing:
    """Where one that waits stands."""

    place: int
    """1 is next."""
    of: int
    """How many wait."""
    waits_for: str
    """The one directly before it: who waits ahead of it, or who holds the device; '' when that just left."""
    ahead: tuple[str, ...]
    """All that come before it."""


@dataclass
class Place:
    """A turn that has come."""

    devices: tuple[str, ...] = ()
    fds: tuple[int, ...] = ()
    """The ticket's lock. Pass it on to the worker, which may outlive a killed supervisor."""

    def env(self) -> dict[str, str]:
        """The environment of the worker: it sees the GPUs of its turn and no others."""
        cards = [d.removeprefix("cuda:") for d in self.devices if d.startswith("cuda:")]
        seen = {"CUDA_VISIBLE_DEVICES": ",".join(cards), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
        return {**os.environ, **(seen if cards else {})}


class Line:
    """The line of one home."""

    def __init__(self, home: Path) -> None:
        self.home, self.folder = home, home / "line"

    @contextmanager
    def door(self) -> Iterator[None]:
        """One at a time looks and decides; held for milliseconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "door").open("w") as door:
            lock(door)
            yield

    def tickets(self) -> list[Ticket]:
        """Those whose holder lives, in order."""
        found = [read(path) for path in self.folder.glob("*.ticket") if held(path)]
        return sorted((t for t in found if t is not None), key=lambda t: t.order)

    def _tidy(self) -> None:
        """Remove what the dead left. Only inside the door, where nobody is writing a new ticket."""
        for path in self.folder.iterdir():
            if path.suffix == ".tmp" or (path.suffix == ".ticket" and not held(path)):
                path.unlink(missing_ok=True)

    @contextmanager
    def stand(self, claim: Claim, number: int | None = None) -> Iterator[IO[bytes]]:
        """Stand in line for the length of a block: behind runs with lower numbers, or (None) at the end."""
        with self.door():
            self._tidy()
            order = (self._approved(), self._rank()) if number is None else (number, 0)
            file = write_new(self.folder, Ticket(order, claim, _joined(claim, self.tickets())))
        try:
            yield file
        finally:
            with self.door():
                for ticket in self.tickets():
                    if ticket.claim.who == claim.who:
                        ticket.path.unlink(missing_ok=True)
            file.close()

    def _approved(self) -> int:
        numbers = [p.name[4:] for p in (self.home / "runs").glob("run-*")]
        return max((int(n) for n in numbers if n.isdigit()), default=0)

    def _rank(self) -> int:
        return 1 + max((t.order[1] for t in self.tickets() if t.order[0]), default=0)

    def advance(self, who: str, file: IO[bytes], patient: bool) -> tuple[str, ...]:
        """The devices of whoever's turn it now is; () while it must wait. `patient`: wait for runs on their way."""
        with self.door():
            self._tidy()
            tickets = self.tickets()
            mine = next((t for t in tickets if t.claim.who == who), None)
            if mine is None:
                raise UserFacingError("its place in the line was removed", str(self.folder), f"Resume {who}.")
            if mine.devices:
                return mine.devices
            devices = _free(mine, [*tickets, *(self._coming(mine, tickets) if patient else [])])
            if devices:
                rewrite(file, replace(mine, devices=devices))
            return devices

    def _coming(self, mine: Ticket, tickets: list[Ticket]) -> list[Ticket]:
        """Runs approved before this one that were started just now and do not stand here yet."""
        here = {mine.claim.who, *(t.claim.who for t in tickets)}
        found = []
        for folder in (self.home / "runs").glob("run-*"):
            number = int(folder.name[4:]) if folder.name[4:].isdigit() else mine.order[0]
            if number < mine.order[0] and folder.name not in here and _just_started(folder):
                compute = Compute.model_validate(read_json(folder / "proposal.json")["plan"]["compute"])
                found.append(Ticket((number, 0), claim_for(folder.name, folder.name, compute)))
        return sorted(found, key=lambda t: t.order)

    def ticket(self, who: str) -> Ticket | None:
        """The ticket of one that stands here or has its turn."""
        return next((t for t in self.tickets() if t.claim.who == who), None)

    def standing(self, claim: Claim, number: int) -> Standing | None:
        """Where it stands, or would stand with this number; None when it holds its device or nothing is before it."""
        tickets = self.tickets()
        mine = next((t for t in tickets if t.claim.who == claim.who), Ticket((number, 0), claim))
        others = [t for t in tickets if t.claim.party != claim.party and t.claim.lane == claim.lane]
        others += [t for t in self._coming(mine, tickets) if t.claim.lane == claim.lane]
        if mine.devices or not claim.lane or _free(mine, others):
            return None
        waiting = sorted((t for t in others if not t.devices), key=lambda t: t.order)
        before = [t.claim.who for t in waiting if t.order < mine.order]
        holders = list(dict.fromkeys(t.claim.party for t in others if t.devices))
        last = before[-1] if before else ", ".join(holders)
        return Standing(len(before) + 1, len(waiting) + 1, last, (*holders, *before))

    def first(self, who: str) -> bool:
        """Move one that waits to the front. False when it does not wait here."""
        with self.door():
            self._tidy()
            tickets = self.tickets()
            mine = next((t for t in tickets if t.claim.who == who and not t.devices), None)
            if mine is None:
                return False
            rank = min((t.order[1] for t in tickets if not t.order[0]), default=FRONT) - 1
            mine.path.rename(self.folder / name_of((0, rank)))
            return True


def home_of(folder: Path) -> Path:
    """The home of a run's folder: HOME/runs/run-1, or HOME/studies/study-1/runs/run-1 for a trial."""
    return folder.parents[3] if folder.parents[2].name == "studies" else folder.parents[1]


@contextmanager
def turn(run: Run, again: bool = False) -> Iterator[Place | None]:
    """Wait until the run's device is free, and hold it in the block; None when a person took it out of the line.

    `again`: a run that is resumed stands at the end; a new one stands where its approval put it.
    """
    line, claim = Line(home_of(run.folder)), claim_of(run)
    with line.stand(claim, None if again or claim.who != claim.party else _number(run)) as file:
        devices = _waited(run, line, file, claim)
        yield Place(devices, (file.fileno(),)) if devices else None


def _number(run: Run) -> int:
    number = run.id.rpartition("-")[2]
    return int(number) if number.isdigit() else LAST


def _waited(run: Run, line: Line, file: IO[bytes], claim: Claim) -> tuple[str, ...]:
    """Look twice a second until it is this run's turn, or until it is asked to leave: ()."""
    since, told = time.monotonic(), False
    while not (run.folder / "stop").exists():
        if devices := line.advance(claim.who, file, time.monotonic() - since < PATIENCE):
            run.set_status("starting", started=time.time(), left_line=None)
            return devices
        standing = line.standing(claim, LAST)
        if standing is not None and not told:
            told = True
            run.set_status("queued")
            run.event("queued", waits_for=standing.waits_for, place=standing.place)
        time.sleep(POLL)
    run.set_status("stopped", left_line=True)
    run.event("left_the_line")
    return ()


@contextmanager
def party(home: Path, claim: Claim, told: Any) -> Iterator[Place]:
    """A study's turn: waits at the end of the line, then holds the device for all its trials.

    `told` is called with a Standing at every look, and with None when the turn has come.
    """
    line = Line(home)
    with line.stand(claim) as file:
        since = time.monotonic()
        while not (devices := line.advance(claim.who, file, time.monotonic() - since < PATIENCE)):
            told(line.standing(claim, LAST))
            time.sleep(POLL)
        told(None)
        yield Place(devices, (file.fileno(),))


def standing(run: Run, again: bool = False) -> Standing | None:
    """Where the run stands; None when nothing is before it. `again`: it was resumed, and may still be on its way."""
    return Line(home_of(run.folder)).standing(claim_of(run), LAST if again else _number(run))


def first(run: Run) -> bool:
    """Move a run to the front of its line. False when it does not wait, nor came within a few seconds."""
    line, who = Line(home_of(run.folder)), who_of(run)
    deadline = time.monotonic() + PATIENCE
    while not (moved := line.first(who)) and line.ticket(who) is None and time.monotonic() < deadline:
        if not _just_started(run.folder):
            return False
        time.sleep(POLL)
    return moved


def holds(run: Run) -> bool:
    """Whether a process of this run stands in line or has its turn, whatever the clock says."""
    return Line(home_of(run.folder)).ticket(who_of(run)) is not None


def _just_started(folder: Path) -> bool:
    """Whether a run is on its way: its process lives but has not come yet, or will be started in a moment."""
    known, mark = read_json(folder / "status.json"), read_json(folder / "process.json")
    if known.get("status") != "starting" or mark:
        return known.get("status") == "starting" and processes.running(mark)
    since = processes.since(known)
    return since is not None and since < GAP


def _free(mine: Ticket, tickets: list[Ticket]) -> tuple[str, ...]:
    """The devices it may take: nobody overtakes one that waits for the same kind of device."""
    others = [t for t in tickets if t.claim.party != mine.claim.party and t.claim.lane == mine.claim.lane]
    if any(not t.devices and t.order < mine.order for t in others):
        return ()
    busy = {device for t in others for device in t.devices}
    free = [d for d in mine.claim.devices if d not in busy]
    return tuple(free[: mine.claim.need]) if len(free) >= mine.claim.need else ()


def _joined(claim: Claim, tickets: list[Ticket]) -> tuple[str, ...]:
    """A trial shares what its study holds, and what is not of this machine is free: neither waits."""
    if not claim.lane:
        return ("elsewhere",)
    if claim.who == claim.party:
        return ()
    shared = next((t.devices for t in tickets if t.claim.party == claim.party and t.devices), None)
    return shared or claim.devices[: claim.need]
