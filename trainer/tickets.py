"""The tickets of the line: small files whose holder is alive as long as they are locked."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from trainer.devices import Claim

SIZE = 4096
"""Bytes of a ticket: padded, so that one write replaces all of it and no reader finds half."""


@dataclass(frozen=True)
class Ticket:
    """A place in the line, as it lies in its file."""

    order: tuple[int, int]
    """Runs approved before it (its own number for a new run), then its rank among those who came back."""
    claim: Claim
    devices: tuple[str, ...] = ()
    """What it holds; empty while it waits."""
    path: Path = field(default=Path(), compare=False)


def name_of(order: tuple[int, int]) -> str:
    """The file of a place in the line."""
    return f"{order[0]:07d}-{order[1]:05d}.ticket"


def _packed(ticket: Ticket) -> bytes:
    document = {"claim": asdict(ticket.claim), "devices": ticket.devices}
    return json.dumps(document).encode().ljust(SIZE)


def write_new(folder: Path, ticket: Ticket) -> IO[bytes]:
    """A ticket that is locked before anybody can see it: whoever finds it unlocked knows its holder is dead."""
    handle, name = tempfile.mkstemp(dir=folder, suffix=".tmp")
    file = os.fdopen(handle, "r+b", buffering=0)
    lock(file)
    rewrite(file, ticket)
    Path(name).rename(_unused(folder, ticket.order))
    return file


def _unused(folder: Path, order: tuple[int, int]) -> Path:
    """A name of its own: trials of several studies may have the same figures."""
    while (path := folder / name_of(order)).exists():
        order = (order[0], order[1] + 1)
    return path


def rewrite(file: IO[bytes], ticket: Ticket) -> None:
    """Replace what an open ticket says, in one write."""
    os.pwrite(file.fileno(), _packed(ticket), 0)


def read(path: Path) -> Ticket | None:
    """A ticket; None when it was taken away or is none of ours."""
    try:
        document = json.loads(path.read_bytes())
        first, second = path.stem.split("-")
        claim = document["claim"] | {"devices": tuple(document["claim"]["devices"])}
        return Ticket((int(first), int(second)), Claim(**claim), tuple(document["devices"]), path)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def lock(file: IO[Any]) -> None:
    """Hold a file until it is closed, here and in every process that inherits it."""
    fcntl.flock(file, fcntl.LOCK_EX)


def held(path: Path) -> bool:
    """Whether a living process holds this ticket. The question disturbs nobody: it asks for a shared lock."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False
