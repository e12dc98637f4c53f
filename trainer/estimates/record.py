"""Estimates against what runs then took: one line a finished run, and how far off they were."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from trainer import processes
from trainer.estimates.ranges import Range
from trainer.facts import Past
from trainer.paths import home
from trainer.records import append, read_from, read_json

if TYPE_CHECKING:
    from trainer.runs import Run

log = logging.getLogger(__name__)
LAST = 30
"""Finished runs that are looked back on."""


def record_file() -> Path:
    """Where the comparisons are kept."""
    return home() / "estimates.jsonl"


def finished(run: Run) -> None:
    """Compare a run's estimates with what it took, when it came to its end in one go. Called as its worker ends."""
    try:
        if (row := comparison(run)) is not None:
            append(record_file(), row)
    except (OSError, ValueError, KeyError) as error:  # a note that can't be made must not change how a run ended
        log.warning("the estimates of %s could not be compared: %s", run.id, error)


def comparison(run: Run) -> dict[str, Any] | None:
    """Estimated and measured minutes and GB; None for a run that was stopped, resumed, repaired or is a trial."""
    whole = {"resumed", "time_limit", "stopped", "fetching"}.isdisjoint(e["kind"] for e in run.events())
    status = read_json(run.folder / "status.json")
    ended, began = read_json(run.folder / "exit.json"), _began(read_json(run.folder / "worker.json"))
    if status.get("status") != "finished" or status.get("kind") == "trial" or not whole or began is None:
        return None
    held = _held(run, ended)
    if not held:
        return None
    if (run.folder / "repairs.jsonl").exists():
        return None
    proposal = run.proposal()
    minutes = (_ended(run) - began) / 60
    needs = proposal.estimates
    return {
        "at": time.time(),
        "run": run.id,
        "machine": _machine(),
        "method": proposal.plan.method.method,
        "tuning": proposal.plan.adapter.tuning,
        "device": proposal.plan.compute.device,
        "early": _early(run),
        "time": _pair(needs.time, minutes),
        "memory": _pair(needs.memory, held),
    }


def _held(run: Run, ended: dict[str, Any]) -> float:
    """GB at the worst moment: of the process, and on a GPU what was taken of it. 0 where nothing is known."""
    if run.plan().compute.device != "cuda":
        return float(ended.get("peak_gb") or 0.0)
    return max((float(e.get("held_gb", 0.0)) for e in run.events() if e["kind"] == "finished"), default=0.0)


def _began(mark: dict[str, Any]) -> float | None:
    """When the worker of a mark began, by the clock; None where it can't be told (another start of the machine)."""
    if "born" not in mark or mark.get("boot") != processes.boot_id() or not Path("/proc/self/stat").is_file():
        return float(mark["create_time"]) if "create_time" in mark else None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - float(mark["born"]) / processes.TICKS
    return time.time() - age


def _machine() -> str:
    from trainer.machine import machine_fingerprint

    return machine_fingerprint()


def _ended(run: Run) -> float:
    """When the worker ended, by the clock."""
    return max((float(e["at"]) for e in run.events() if e["kind"] == "worker_ended"), default=time.time())


def _early(run: Run) -> bool:
    """Whether it stopped before its last step because nothing got better."""
    status = read_json(run.folder / "status.json")
    return int(status.get("step") or 0) < int(status.get("max_steps") or 0)


def _pair(estimate: Range, measured: float) -> dict[str, Any]:
    return {
        "basis": estimate.basis,
        "low": estimate.low,
        "high": estimate.high,
        "correction": estimate.correction,
        "measured": round(measured, 3),
    }


def past(machine: str, rows: list[dict[str, Any]] | None = None) -> dict[str, Past]:
    """By 'time:formula', 'memory:probe' and so on: how far off estimates were in the last finished runs here."""
    rows = read_from(record_file())[0] if rows is None else rows
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows[-10 * LAST :]:
        if row.get("machine") != machine:
            continue
        for what in ("time", "memory"):
            pair = row.get(what) or {}
            if pair.get("low") is None or not pair.get("measured") or (what == "time" and row.get("early")):
                continue
            middle = (pair["low"] + pair["high"]) / 2
            ratio = pair["measured"] / middle
            found.setdefault(f"{what}:{pair['basis']}", []).append((ratio * pair.get("correction", 1.0), ratio))
    return {name: _summary(pairs[-LAST:]) for name, pairs in found.items()}


def _summary(pairs: list[tuple[float, float]]) -> Past:
    """`ratio` is of the uncorrected formula, so that a correction does not undo itself; errors are as shown."""
    errors = sorted(abs(1 / ratio - 1) for _, ratio in pairs)
    return Past(
        runs=len(pairs),
        ratio=median(raw for raw, _ in pairs),
        error_p50=median(errors),
        error_p90=errors[min(len(errors) - 1, int(0.9 * len(errors)))],
    )
