"""What a run will take: memory, time, cost, disk. Ranges with their terms and basis, or 'unknown' with a reason."""

from __future__ import annotations

from trainer.estimates import counts, kept
from trainer.estimates.cost import cost
from trainer.estimates.counts import steps
from trainer.estimates.disk import disk
from trainer.estimates.memory import memory
from trainer.estimates.probed import Probe, probed_memory, probed_time
from trainer.estimates.ranges import Basis, Estimates, Range, unknown
from trainer.estimates.time import TRAINER_SHARE, epochs_within, time
from trainer.estimates.trainable import trainable
from trainer.facts import Facts, Past
from trainer.plan import Plan


def estimates(plan: Plan, facts: Facts, probe: Probe | None = None) -> Estimates:
    """Everything a plan will need, for its card; by the probe's figures where there is one."""
    count = counts.steps_of(plan, facts)
    tokens = count * plan.effective_batch_size * counts.sequences(plan) * counts.mean_tokens(plan, facts)
    if plan.compute.backend == "hosted":
        return _elsewhere(count, round(tokens))
    takes = time(plan, facts) if probe is None else probed_time(plan, facts, probe)
    holds = memory(plan, facts) if probe is None else probed_memory(plan, facts, probe)
    return Estimates(
        memory=_with_past(holds, facts.machine.past.get(f"memory:{holds.basis}")),
        time=_with_past(takes, facts.machine.past.get(f"time:{takes.basis}")),
        cost=cost(plan, facts, takes),
        disk=disk(plan, facts),
        steps=count,
        train_tokens=round(tokens),
    )


def _elsewhere(count: int, tokens: int) -> Estimates:
    """A service says itself what it takes."""
    why = "a service trains it, and says itself what it takes and costs"
    time, cost, memory = (unknown(unit, why) for unit in ("minutes", "USD", "GB"))
    disk = Range(low=0.0, high=0.1, unit="GB", basis="formula", why="rows and records only: the model stays there")
    return Estimates(memory=memory, time=time, cost=cost, disk=disk, steps=count, train_tokens=tokens)


def _with_past(found: Range, past: Past | None) -> Range:
    """Say how far such estimates were off before."""
    if past is None or found.low is None:
        return found
    runs = "last run" if past.runs == 1 else f"last {past.runs} runs"
    said = f"; in your {runs} it was off by {100 * past.error_p50:.0f} % at the median"
    worst = f", {100 * past.error_p90:.0f} % at the 90th percentile" if past.runs >= 5 else ""
    taught = f" (corrected by {found.correction:.2f} for that)" if found.correction != 1.0 else ""
    return found.model_copy(update={"why": found.why + said + worst + taught})


__all__ = [
    "TRAINER_SHARE",
    "Basis",
    "Estimates",
    "Probe",
    "Range",
    "epochs_within",
    "estimates",
    "kept",
    "steps",
    "trainable",
]
