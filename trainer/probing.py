"""A short probe of a plan before its approval: asked for, never unasked; its figures are kept.

A few real steps in a process of their own (trainer.methods.probe). Nothing of the run is touched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer.base_models import ABSENT, resolve
from trainer.errors import UserFacingError
from trainer.estimates import Probe, kept
from trainer.facts import Facts
from trainer.machine import idle_threads, worker_env
from trainer.paths import home
from trainer.plan import Plan
from trainer.proposal import Proposal, examined, survey
from trainer.records import read_json, write_atomic
from trainer.rewards.preflight import AFTER_APPROVAL
from trainer.runs import ACTIVE, RunStore

LIMIT = 60.0
"""Seconds a probe may take."""
GRACE = 30.0
"""Seconds more until its process is ended: one step may be long."""
POLL = 0.2
Watch = Callable[[float, float], None]
"""Told of seconds passed and the limit, a few times a second. Raises to end the probe."""


def probe(proposal: Proposal, facts: Facts, watch: Watch | None = None, limit: float = LIMIT) -> Probe:
    """Measure a few real steps of a proposal, or take the figures kept for one of the same shape.

    Raises UserFacingError when another run holds the machine, the weights are not here, or the steps fail.
    """
    plan = proposal.plan
    if (known := kept.known(plan, facts)) is not None:
        return known
    _refuse(plan)
    threads = idle_threads(plan.compute.threads)
    found = _measured(plan, proposal.estimates.steps, threads, watch, limit)
    result = _probe(plan, facts, found, threads)
    kept.keep(plan, facts, result)
    return result


def probed(proposal: Proposal, watch: Watch | None = None) -> Proposal:
    """The same proposal with its estimates by a probe, and findings that follow from them."""
    ground = survey(Path(proposal.plan.data.dataset_path), proposal.wishes)
    probe(proposal, ground.facts, watch)
    return examined(proposal.plan, proposal.reasons, proposal.wishes, ground)


def _refuse(plan: Plan) -> None:
    """Where a probe would tell nothing, or something wrong."""
    busy = [run.id for run in RunStore(home()).all() if run.status().get("status") in ACTIVE]
    if busy:
        raise UserFacingError(
            f"{busy[0]} holds this machine: measured beside it, the figures would be wrong",
            "",
            f"Probe again when it has ended (tunesmith show {busy[0]}); the estimates by formula stay.",
        )
    if plan.compute.backend == "hosted":
        raise UserFacingError("a hosted service trains this plan: nothing of it can be measured here", "", "")
    costly = [r.kind for r in getattr(plan.method, "rewards", ()) if r.kind in AFTER_APPROVAL]
    if costly:
        raise UserFacingError(
            f"the reward {costly[0]} runs code or asks another model, and that is done only after your approval",
            "",
            "The estimates by formula stay; approve the plan, or leave that reward out to measure the rest.",
        )
    if resolve(plan.base_model).fingerprint == ABSENT:
        raise UserFacingError(
            f"the weights of {plan.base_model} are not on this machine: there is nothing to measure",
            "",
            "Name a local folder, or approve the plan, which fetches them.",
        )


def _measured(plan: Plan, steps: int, threads: int, watch: Watch | None, limit: float) -> dict[str, Any]:
    """Run the probe's process; its folder is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="probe-", dir=home()))
    request, answer = folder / "request.json", folder / "answer.json"
    write_atomic(request, {"plan": plan.model_dump(mode="json"), "limit": limit, "total_steps": steps})
    began = time.time()
    try:
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "trainer.methods.probe", str(request), str(answer)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=worker_env(threads),
                cwd=Path(__file__).parent.parent,
            )
            _await(process, watch, limit)
        found = read_json(answer)
        if process.returncode != 0 or not found:
            raise UserFacingError("the probe failed", "", found.get("problem") or _last_line(folder / "log"))
        return found | {"began": began, "left": time.time()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(process: subprocess.Popen[bytes], watch: Watch | None, limit: float) -> None:
    """Until it ends, is ended by the watch, or takes too long."""
    began = time.monotonic()
    try:
        while process.poll() is None:
            passed = time.monotonic() - began
            if passed > limit + GRACE:
                raise UserFacingError(
                    f"the probe took more than {limit + GRACE:.0f} s: one step of this plan is too long for it",
                    "",
                    "Take a smaller batch or a shorter max_length, or go by the formula.",
                )
            if watch:
                watch(passed, limit)
            time.sleep(POLL)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "It left no word."


def _leaving(found: dict[str, Any]) -> float:
    """Seconds that a process with so many libraries takes to leave."""
    return max(0.0, float(found["left"]) - float(found["ended"]))


def _probe(plan: Plan, facts: Facts, found: dict[str, Any], threads: int) -> Probe:
    """The figures as they are kept; what was not reached is filled from what was."""
    look = float(found["eval_seconds_per_row"])
    beforehand = found["rows_left_out"] * look if plan.method.method in ("dpo", "kto") else 0.0
    startup = found["started"] - found["began"] + found["encode_seconds"] + beforehand
    names = ("warm_up_seconds", "typical", "longest", "accumulation", "save_seconds", "checkpoint_bytes")
    optional = {n: found[n] for n in ("call_seconds", "calls", "answered") if n in found}
    return Probe(
        machine=facts.machine.fingerprint,
        model=facts.model.fingerprint,
        shape=kept.shape_of(plan, facts),
        at=found["left"],
        threads=threads,
        startup_seconds=startup,
        eval_seconds_per_row=look,
        finish_seconds=found["finish_seconds"] + found.get("score_seconds", 0.0) + _leaving(found),
        load_seconds=found.get("load_seconds", 1.0),
        test_seconds_per_row=found.get("test_seconds_per_row", look),
        process_gb=found["process_gb"],
        train_gb=found["train_gb"],
        peak_gb=found["peak_gb"],
        seconds=found["left"] - found["began"],
        notes=tuple(found["notes"]),
        **{n: found[n] for n in names},
        **optional,
    )
