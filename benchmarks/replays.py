"""Does a replay prove the planted cause, and acquit a decoy?

`python -m benchmarks.replays --trials 10` trains a tiny model with a planted cause, in turn poisoned rows in one batch
and a learning rate far too high, and replays the moment twice: without the cause (right: confirmed) and without a
decoy, an ordinary row of the same step (right: not confirmed).
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from pathlib import Path

from benchmarks.faults import FAULTS, poisoned_rows
from benchmarks.kills import fork, new_run, waited
from benchmarks.real_faults import TASKS, Task, proposal
from trainer.diagnosis.dealt import read_steps
from trainer.diagnosis.finding import Finding
from trainer.errors import UserFacingError
from trainer.paths import home
from trainer.replays.carry_out import replayed
from trainer.replays.outcome import Outcome
from trainer.replays.replay import LEAST_RISE, Wanted, highest, planned, recorded
from trainer.runs import Run

BY_NAME = {fault.name: fault for fault in FAULTS}
CAUSES = (("one poisoned batch", (8, 6, 4)), ("rate far too high", (50, 100, 80)))


def trained(cause: str, strength: float, task: Task, seed: int, folder: Path) -> Run:
    """A run with the cause in it."""
    fault = BY_NAME[cause]
    made = proposal(task, None, fault, strength, seed, folder)
    run = new_run(made, f"replays-{seed}-{time.time()}")
    if waited(fork(run, resume=False, before=lambda: fault.worker(strength, random.Random(seed))), 1200):
        print(f"   the run ended early: {run.status().get('reason')}")
    return run


def moment(run: Run) -> tuple[tuple[int, int], list[Finding]]:
    """The moment that the diagnosis points at."""
    from tools.explaining import findings_of
    from tools.suspecting import moment_of

    found = findings_of(run)
    window = moment_of(run, found, None)
    if window is None:
        raise UserFacingError("the diagnosis points at no moment", run.id, ", ".join(f.label for f in found))
    return window, found


def decoy(run: Run, window: tuple[int, int], guilty: tuple[int, ...], lot: random.Random) -> tuple[int, ...]:
    """An ordinary row of these steps."""
    rows = sorted({n for s in read_steps(run.folder) if window[0] <= s.step <= window[1] for n in s.rows})
    return (lot.choice([n for n in rows if n not in guilty]),)


def trial(number: int, seed: int, folder: Path) -> tuple[Outcome, Outcome]:
    """Cause and decoy of one run."""
    cause, strengths = CAUSES[number % len(CAUSES)]
    task = next(t for t in TASKS if t.name == ("topic", "reply")[number // 2 % 2])
    run = trained(cause, strengths[number % len(strengths)], task, seed, folder)
    window, found = moment(run)
    first = next((f for f in found if f.onset_step), None)
    guilty = tuple(sorted(poisoned_rows(run))) if cause == "one poisoned batch" else ()
    rate = run.plan().optimisation.learning_rate / strengths[number % len(strengths)]
    wanted = Wanted(rows=guilty) if guilty else Wanted(changes={"learning_rate": rate})
    proved = replayed(planned(run, first, window, (), wanted), run, "cause")
    level, top = recorded(run, window)
    if top - level < LEAST_RISE * level:  # a rate too high from the first step on: where the loss was at its height
        window = (highest(run), highest(run))
    other = Wanted(rows=decoy(run, window, guilty, random.Random(seed)))
    acquitted = replayed(planned(run, first, window, (), other), run, "decoy")
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    return proved, acquitted


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--trials", type=int, default=10)
    given.add_argument("--seed", type=int, default=11)
    given.add_argument("--first", type=int, default=0, help="number of the first trial (each has a cause of its own)")
    options = given.parse_args()
    folder = home() / "benchmark-replays"
    folder.mkdir(parents=True, exist_ok=True)
    proved = acquitted = both = 0
    for number in range(options.first, options.first + options.trials):
        name = CAUSES[number % len(CAUSES)][0]
        try:
            cause, other = trial(number, options.seed + number, folder)
        except UserFacingError as error:
            print(f"{number + 1:2} {name:20} {error.sentence()}", flush=True)
            continue
        proved += cause.verdict == "confirmed"
        acquitted += other.verdict == "not confirmed"
        both += cause.verdict == "confirmed" and other.verdict == "not confirmed"
        for label, outcome in (("cause", cause), ("decoy", other)):
            figures = json.dumps([(round(p.as_was, 2), round(p.without, 2)) for p in outcome.pairs])
            asked = outcome.replay
            what = f"rows {asked.rows}" if asked.rows else f"{asked.changes}"
            print(
                f"{number + 1:2} {name:20} {label} {what}: {outcome.verdict} ({outcome.why}) {figures}, "
                f"steps {asked.start} to {asked.end}, {outcome.seconds:.0f} s, promised {asked.seconds}",
                flush=True,
            )
    print(f"cause confirmed in {proved} of {options.trials}, decoy acquitted in {acquitted}, both in {both}")


if __name__ == "__main__":
    main()
