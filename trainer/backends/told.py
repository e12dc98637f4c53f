"""How a job of several processes failed, as one sentence: each tells its own, the supervisor chooses the cause."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any

from trainer.backends import ranks
from trainer.records import read_json, write_atomic

if TYPE_CHECKING:
    from trainer.runs import Run

FOLDER = "ranks"
_FAILED = re.compile(r"rank\s+: (\d+) \(local_rank: \d+\)\s+exitcode\s+: (-?\d+)")
"""A failed process in torchrun's closing table."""
_ERROR = re.compile(r"^(?!torch\.distributed)[\w.]+(Error|Exception): ")
_PEER = re.compile(r"connection (closed|reset|refused)|by peer|gloo|nccl|ProcessGroup|TCPStore", re.IGNORECASE)
"""What a process says when another one is gone: a consequence, never the cause."""
ENDED_BY_LAUNCHER = (-signal.SIGTERM,)


def begin(run: Run, processes: int) -> None:
    """Forget an earlier start's failures; note where this start's log begins."""
    shutil.rmtree(run.folder / FOLDER, ignore_errors=True)
    (run.folder / FOLDER).mkdir()
    log = run.folder / "worker.log"
    write_atomic(
        run.folder / FOLDER / "start.json", {"log": log.stat().st_size if log.exists() else 0, "of": processes}
    )


def tell(run: Run, words: str, mended_by_person: bool) -> None:
    """This process's failure, in its own file: several may fail at once."""
    folder = run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    told = {"rank": ranks.rank(), "at": time.time(), "words": words, "plain": mended_by_person}
    write_atomic(folder / f"{ranks.rank()}.json", told | {"host": os.uname().nodename})


def reason(run: Run) -> str | None:
    """Why the job ended, or None where nothing was told: a kill first, then words for a person, then the earliest."""
    start = read_json(run.folder / FOLDER / "start.json")
    if not start:
        return None
    killed = [(n, code) for n, code in _table(run, start) if code < 0 and code not in ENDED_BY_LAUNCHER]
    if killed:
        number, code = killed[0]
        return _killed(ranks.name(number, start["of"]), -code)
    said = sorted(_told(run), key=lambda t: (not t["plain"], bool(_PEER.search(t["words"])), t["at"]))
    if not said:
        return _last_error(run, start)
    first = said[0]
    return str(first["words"]) if first["plain"] else f"{ranks.name(first['rank'], start['of'])}: {first['words']}"


def _last_error(run: Run, start: dict[str, Any]) -> str | None:
    """A process that failed before it could tell left its error in the log."""
    table = [n for n, code in _table(run, start) if code > 0]
    lines = [line for line in _log(run, start).splitlines() if _ERROR.match(line)]
    return f"{ranks.name(table[0], start['of'])}: {lines[0][:400]}" if table and lines else None


def plain(run: Run) -> str | None:
    """The words of a failure that a person can mend, if a process told one."""
    return next((str(t["words"]) for t in _told(run) if t["plain"]), None)


def _told(run: Run) -> list[dict[str, Any]]:
    return [read_json(f) for f in sorted((run.folder / FOLDER).glob("[0-9]*.json"))]


def _table(run: Run, start: dict[str, Any]) -> list[tuple[int, int]]:
    """(rank, exit code) of each failed process, as torchrun lists them."""
    return [(int(number), int(code)) for number, code in _FAILED.findall(_log(run, start))]


def _log(run: Run, start: dict[str, Any]) -> str:
    """What this start has logged."""
    log = run.folder / "worker.log"
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start["log"])
        return file.read().decode("utf-8", "replace")


def _killed(who: str, number: int) -> str:
    if number == signal.SIGKILL:
        return f"{who} was killed (signal 9), so the others were ended; the system kills what takes too much memory"
    return f"{who} was ended by signal {number} ({signal.Signals(number).name}), so the others were ended"
