"""The process that sees an approved search through: `python -m tools.search.driver STUDY_FOLDER`.

It waits for the device, starts the workers and looks after them. It carries out nothing itself: when it is killed,
the workers go on to the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

import optuna

from tools.search.on_ray import placed
from tools.search.study import Ended, Study
from tools.search.trials import Trials
from trainer import waiting
from trainer.machine import worker_env
from trainer.records import dumps

TICK = 0.5
"""Seconds between two looks at the workers."""


def see_through(study: Study, fds: tuple[int, ...] = ()) -> None:
    """Workers until the study has ended; where all have died, one more at a time, as many as there were."""
    order = study.order()
    workers = order.search.workers if order.search else 1
    study.begin()
    Trials(study).publish()
    with placed(order.planned.plan, workers) as plan:
        study.write(address=plan.compute.address)
        running = [_started(study, fds) for _ in range(workers)]
        spare = workers
        while study.state().get("status") == "running":
            if all(process.poll() is not None for process in running):
                if not spare:
                    raise RuntimeError(f"the workers ended before their work did; see {study.folder / 'driver.log'}")
                running, spare = [_started(study, fds)], spare - 1
            time.sleep(TICK)
        for process in running:
            process.wait()


def _started(study: Study, fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
    with (study.folder / "driver.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tools.search.worker", str(study.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=fds,  # they hold its place in the line, should this process be killed
            env=worker_env(1),
            cwd=Path(__file__).parents[2],
        )


def main() -> None:
    """Entry of the driver; a failure is written into the study's state."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = Study(Path(sys.argv[1]))
    study.mark()
    try:
        with waiting.party(study.folder.parents[1], study.claim(), study.stands) as place:
            os.environ.update(place.env())
            see_through(study, place.fds)
    except Ended:
        study.write(status="stopped", line=None, text="It was ended before its turn came; nothing was trained.")
    except Exception as error:  # noqa: BLE001  (the process boundary: nothing may vanish)
        traceback.print_exc()
        study.write(
            status="failed",
            text=f"The search failed: {type(error).__name__}: {dumps(str(error))[:300]}",
        )


if __name__ == "__main__":
    main()
