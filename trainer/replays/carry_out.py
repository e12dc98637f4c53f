"""Replaying in a process of its own, with progress, an end by the clock and by a person. No torch in here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer.errors import UserFacingError
from trainer.machine import idle_threads, worker_env
from trainer.records import append, read_from, write_atomic
from trainer.replays.outcome import Outcome, curves_of, weighed
from trainer.replays.replay import Replay, still_fits
from trainer.runs import ACTIVE, Run, RunStore

POLL = 0.2
FILE = "replays.jsonl"
"""In the run's folder: a line for each replay that was carried out."""
Watch = Callable[[int, int, float], None]
"""Told of steps done, steps in all and seconds passed. Raises to end the replay."""


def replayed(replay: Replay, run: Run, approval: str, watch: Watch | None = None) -> Outcome:
    """Carry it out and keep the outcome with the run; the same approval gives the same outcome.

    Raises UserFacingError when it can't be carried out.
    """
    for line in read_from(run.folder / FILE)[0]:
        if line.get("approval") == approval:
            return _outcome(line)
    still_fits(replay, run)
    _alone(run)
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="replay-", dir=run.folder))
    try:
        curves = curves_of(_lines(replay, run, folder, watch))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    outcome = weighed(replay, curves, time.monotonic() - began)
    append(run.folder / FILE, {"at": time.time(), "approval": approval, **outcome.model_dump(mode="json")})
    return outcome


def outcomes(run: Run) -> list[Outcome]:
    """What was replayed of a run, oldest first."""
    return [_outcome(line) for line in read_from(run.folder / FILE)[0]]


def _outcome(line: dict[str, Any]) -> Outcome:
    return Outcome.model_validate({k: v for k, v in line.items() if k not in ("at", "approval")})


def _alone(run: Run) -> None:
    busy = [r.id for r in RunStore(run.folder.parent.parent).all() if r.status().get("status") in ACTIVE]
    if busy:
        raise UserFacingError(
            f"{busy[0]} is being trained, and a replay needs the machine for itself",
            "",
            f"Ask again when it has ended (tunesmith show {busy[0]}).",
        )


def _lines(replay: Replay, run: Run, folder: Path, watch: Watch | None) -> list[dict[str, Any]]:
    request, lines, log = folder / "request.json", folder / "lines.jsonl", folder / "log"
    write_atomic(request, {"run": str(run.folder), "replay": replay.model_dump(mode="json")})
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "trainer.methods.replay", str(request), str(lines)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=worker_env(idle_threads(run.plan().compute.threads)),
            cwd=Path(__file__).parents[2],
        )
        timely = _await(process, replay, lines, watch)
    found = read_from(lines)[0]
    if timely and process.returncode != 0:
        raise UserFacingError("the replay failed", run.id, _last_line(log))
    return found


def _await(process: subprocess.Popen[bytes], replay: Replay, lines: Path, watch: Watch | None) -> bool:
    """Until it ends, or its minutes are over (False), or the watch ends it."""
    began, total = time.monotonic(), 2 * replay.pairs * replay.steps
    try:
        while process.poll() is None:
            passed = time.monotonic() - began
            if passed > 60 * replay.max_minutes:
                return False
            if watch:
                watch(sum("step" in line for line in read_from(lines)[0]), total, passed)
            time.sleep(POLL)
        return True
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "It left no word."
