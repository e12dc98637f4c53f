"""Where a run's time went, as the run itself measured it."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.data.stored import examples_in
from trainer.diagnosis.dealt import read_steps
from trainer.runs import Run

MUCH = 0.15
"""Share of the time from which on a part is worth naming."""
SLOWED = 1.3
"""Times the early pace from which on a run has slowed down."""


@dataclass(frozen=True)
class Spent:
    """Seconds by part."""

    steps: float
    looks: float
    saves: float
    rows: float
    """Waiting for rows, and logging."""
    slowed: float | None = None
    """Late pace over early pace; None where too few steps were made."""
    swapped_gb: float = 0.0
    throttled: str = ""
    """Why the GPU held itself back, in its own words."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.steps + self.looks + self.saves + self.rows


def spent(run: Run) -> Spent | None:
    """The sums over all sessions of a run; None where none was measured."""
    found = [e for e in run.events() if e["kind"] == "spent"]
    if not found:
        return None
    sums = {name: sum(float(e[name]) for e in found) for name in ("steps", "looks", "saves", "rows")}
    last = found[-1]
    return Spent(**sums, slowed=last.get("slowed"), swapped_gb=last.get("swapped_gb", 0.0), throttled=last["throttled"])


def advice(run: Run, where: Spent) -> list[str]:
    """What took more than its share, and what would help: one sentence each."""
    found, whole = [], max(where.total, 1e-9)
    if where.looks / whole > MUCH:
        found.append("Looking at the watched rows takes much of it: raise eval_steps, or watch fewer rows.")
    if where.saves / whole > MUCH:
        found.append(
            "Saving takes much of it: raise eval_steps (each look writes a checkpoint), or save to a faster disk."
        )
    if where.rows / whole > MUCH:
        found.append("Waiting for rows takes much of it: the disk or another program is in the way.")
    if where.swapped_gb > 0.1:
        found.append(f"{where.swapped_gb:.1f} GB went to the disk for want of memory: smaller batches would be faster.")
    if where.slowed is not None and where.slowed > SLOWED:
        why = where.throttled or "heat, swapping or another program; the record does not show which"
        found.append(f"Steps at the end took {where.slowed:.1f} times as long as at first: {why}.")
    padded = padding(run)
    if padded is not None and padded > MUCH:
        found.append(f"About {100 * padded:.0f} % of the tokens are padding: padding_free or group_by_length saves it.")
    return found


def padding(run: Run) -> float | None:
    """Share of padding over the steps that were made, by the letters of their rows; None where no row is padded."""
    plan = run.effective_plan()
    if plan.compute.padding_free:
        return None
    rows = examples_in(run.folder / "data" / "train.jsonl")
    letters = {e.row: sum(len(content) for _, content in e.messages) + len(e.text) for e in rows}
    size, held, whole = plan.schedule.per_device_train_batch_size, 0, 0
    for step in read_steps(run.folder):
        lengths = [letters.get(n, 0) for n in step.rows]
        for start in range(0, len(lengths), size):
            batch = lengths[start : start + size]
            held, whole = held + sum(batch), whole + max(batch) * len(batch)
    return 1 - held / whole if whole else None
