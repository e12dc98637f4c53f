"""A run on Ray: TorchTrainer starts the same worker code in each process, and starts it again when one is lost.

`drive` is the driver's process: it joins the plan's cluster, or has one of its
own on this machine for as long as the run lasts. The only module of this package that imports ray.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trainer.backends import follower, ranks, told
from trainer.errors import UserFacingError
from trainer.machine import QUIET_ENV
from trainer.plan import Plan
from trainer.runs import Run

RESTARTS = 3
"""Times a lost worker group is started again from the last sealed checkpoint."""
LOCAL = "127.0.0.1"
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Ray's switch for a cluster of one machine, in spite of its name: all its servers are reached at 127.0.0.1 only."""
STORE_BYTES = 100_000_000
"""Ray's own store; a run passes nothing through it."""
REACH_SECONDS = 10.0
QUIET_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
    "RAY_COLOR_PREFIX": "0",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "600",  # a busy machine takes minutes to import torch
}
LOOK = 1.0
"""Seconds between two looks for a request to stop before the workers have begun."""


def require() -> None:
    """Raise where the optional extra is not installed."""
    if find_spec("ray") is None:
        raise UserFacingError(
            "the plan is for Ray, which is not installed here", "backend", "Install it: pip install 'tunesmith[ray]'."
        )


@contextmanager
def cluster(address: str | None, cpus: int, threads: int = 1) -> Iterator[str]:
    """Join the cluster at an address, or have one of our own behind a token until the block ends; its address."""
    require()
    _reach(address)
    own = {} if address else LOOPBACK | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    os.environ |= QUIET_RAY | own
    import ray  # reads its settings once, when it is imported

    folder = None if address else Path(tempfile.mkdtemp(prefix="ts", dir="/tmp"))  # socket paths must be short
    try:
        joined: Any = ray.init(runtime_env=_environment(threads, own=not address), **_where(address, cpus, folder))
        yield address or str(joined.address_info["address"])
    except ConnectionError as error:
        raise UserFacingError(
            f"no Ray cluster answers at {address}", "address", "Start it, or leave address out for one of its own."
        ) from error
    finally:
        ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _reach(address: str | None) -> None:
    """Raise at once where nothing answers: Ray itself tries for many minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), REACH_SECONDS).close()
    except OSError as error:
        raise UserFacingError(
            f"no Ray cluster answers at {address}", "address", "Start it, or leave address out for one of its own."
        ) from error


def _where(address: str | None, cpus: int, folder: Path | None) -> dict[str, Any]:
    """Arguments of `ray.init`. A cluster of our own is reached from this machine only."""
    common: dict[str, Any] = {"logging_level": "warning", "log_to_driver": True}
    if address:
        return common | {"address": address}
    own = {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    return common | own | {"_temp_dir": str(folder), "object_store_memory": STORE_BYTES}


def _environment(threads: int, own: bool) -> dict[str, Any]:
    kept = {k: os.environ[k] for k in ("TUNESMITH_HOME", "HF_HUB_OFFLINE") if k in os.environ}
    lo = {"GLOO_SOCKET_IFNAME": "lo"} if own and sys.platform == "linux" else {}
    return {"env_vars": {**QUIET_ENV, **kept, **lo, "OMP_NUM_THREADS": str(threads)}}


def threads_each(plan: Plan) -> int:
    """Cores that each of the plan's processes asks Ray for."""
    return max(1, plan.compute.threads // plan.compute.num_processes)


def loop(config: dict[str, Any]) -> None:
    """What each Ray worker does: the worker's own code. Ray starts it anew when one of them is lost."""
    from trainer import stopping, worker

    folder = Path(config["run"])
    run = follower.view(folder)
    if told.plain(Run(folder)):
        return  # no restart mends what only a person can
    stopping.listen_beside(folder)
    try:
        worker.work(run, config["resume"] or (ranks.is_main() and _again(run)))
    except stopping.StopAsked:
        worker.stopped(run)
    except UserFacingError as error:
        told.tell(run, error.sentence(), mended_by_person=True)
        raise
    except Exception as error:
        told.tell(run, f"{type(error).__name__}: {str(error)[:400]}", mended_by_person=False)
        raise


def _again(run: Run) -> bool:
    """Whether this start has begun before, that is: Ray has restarted it."""
    mark = run.folder / told.FOLDER / "ray-begun"
    if mark.exists():
        run.event("restarted", by="ray")
        return True
    mark.touch()
    return False


def fit(run: Run, plan: Plan, resume: bool) -> None:
    """Train on the cluster that was joined. Raises Ray's error when the restarts are used up."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    compute = plan.compute
    gpu = compute.device == "cuda"
    each: dict[str, float] = {"CPU": threads_each(plan), **({"GPU": 1} if gpu else {})}
    TorchTrainer(
        loop,
        train_loop_config={"run": str(run.folder), "resume": resume},
        scaling_config=ScalingConfig(
            num_workers=compute.num_processes,
            use_gpu=gpu,
            resources_per_worker=each,
            placement_strategy="SPREAD" if compute.num_nodes > 1 else "PACK",
        ),
        torch_config=TorchConfig(backend="nccl" if gpu else "gloo"),
        run_config=RunConfig(
            name=run.id, storage_path=str(run.folder / "ray"), failure_config=FailureConfig(max_failures=RESTARTS)
        ),
    ).fit()


def drive(run: Run, plan: Plan, resume: bool) -> int:
    """The driver's whole life; the exit code of the run."""
    _heed_stops(run)
    each = threads_each(plan)
    try:
        with cluster(plan.compute.address, each * plan.compute.num_processes, each):
            run.event("cluster", address=plan.compute.address or "its own", processes=plan.compute.num_processes)
            fit(run, plan, resume)
    except UserFacingError as error:
        return _failed(run, error.sentence(), 2)
    except Exception as error:  # noqa: BLE001  (the process boundary: Ray raises errors of many kinds)
        traceback.print_exc()
        words = told.plain(run) or f"{_cause(run, error)} Ray had started it again {RESTARTS} times."
        return _failed(run, words, 1)
    if mendable := told.plain(run):
        return _failed(run, mendable, 2)
    return 0


def _cause(run: Run, error: Exception) -> str:
    said = told.reason(run) or f"{type(error).__name__}: {str(error)[:300]}"
    return said.rstrip(".") + "."


def _failed(run: Run, words: str, code: int) -> int:
    run.set_status("failed", reason=words, saved=run.last_checkpoint_name())
    return code


def _heed_stops(run: Run) -> None:
    """SIGTERM is a request to stop. The workers see the request; while they wait for room nobody else does."""
    signal.signal(signal.SIGTERM, lambda *_: run.ask_stop())
    threading.Thread(target=_leave_if_waiting, args=(run,), daemon=True).start()


def _leave_if_waiting(run: Run) -> None:
    while run.status().get("status") == "starting":
        if (run.folder / "stop").exists():
            run.set_status("stopped", step=0, saved=run.last_checkpoint_name())
            os._exit(0)  # the main thread waits inside Ray
        time.sleep(LOOK)
