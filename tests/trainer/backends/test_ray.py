"""Ray for real: a cluster of two nodes, two workers, one of them killed. `make test-ray` runs these."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.trainer.backends.runs import begun, ended, losses, planned, until
from trainer import launch
from trainer.backends import ray as ours
from trainer.errors import UserFacingError

TWO: dict[str, Any] = {
    "backend": "ray",
    "num_processes": 2,
    "num_nodes": 2,
    "per_device_train_batch_size": 4,
    "threads": 2,
}


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A local cluster of two nodes with a core each; its address."""
    for name, value in (ours.QUIET_RAY | ours.LOOPBACK | {"RAY_AUTH_MODE": "disabled"}).items():
        monkeypatch.setenv(name, value)  # before ray is imported: it reads them once
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'tunesmith[ray]', or make test-ray")
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory(prefix="tst", dir="/tmp", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        node: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000}
        cluster = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
        try:
            cluster.add_node(**node)
            yield cluster.address
        finally:
            cluster.shutdown()


@pytest.mark.ray
def test_two_nodes_end_where_one_process_does_and_a_killed_worker_is_recovered(
    home: Path, qa_file: Path, two_nodes: str
) -> None:
    one = begun(qa_file, "one", {"max_steps": 30, "eval_steps": 5})
    assert until(one, ended)["status"] == "finished"
    run = planned(qa_file, "two", {"max_steps": 30, "eval_steps": 5}, address=two_nodes, **TWO)
    launch.start(run)
    until(run, lambda s: run.last_checkpoint_name() or ended(s))
    workers = [p for p in psutil.process_iter() if "RayTrainWorker" in " ".join(_said(p)) and _trains(p, run.folder)]
    assert len(workers) == 2
    os.kill(workers[1].pid, signal.SIGKILL)
    assert until(run, ended)["status"] == "finished"
    assert {"restarted", "resumed", "result"} <= {e["kind"] for e in run.events()}
    a, b = losses(one), losses(run)
    assert set(a) == set(b)
    inside = sorted(a)[:10]  # before the first epoch ends
    assert [b[s] for s in inside] == pytest.approx([a[s] for s in inside], abs=1e-4)
    assert b[30] == pytest.approx(a[30], abs=0.05)
    held = [r.result()["loss"]["tuned"]["value"] for r in (one, run)]
    assert held[0] == pytest.approx(held[1], abs=0.02)


def _said(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _trains(process: psutil.Process, folder: Path) -> bool:
    """Whether it has this run's files or sockets: other clusters may run on the machine."""
    return process.environ().get("TUNESMITH_HOME") == str(folder.parents[1])


@pytest.mark.ray
def test_a_cluster_of_its_own_is_gone_with_the_run_and_stops_when_asked(home: Path, qa_file: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'tunesmith[ray]', or make test-ray")
    run = begun(qa_file, "own", {"max_steps": 400}, **(TWO | {"num_nodes": 1}))
    until(run, lambda s: (s.get("status") == "running" and s["step"] > 2) or ended(s))
    servers = [p for p in psutil.Process(run.status()["worker_pid"]).children(recursive=True) if _said(p)]
    heads = [p for p in servers if p.name() in ("gcs_server", "raylet")]
    listening = {c.laddr.ip for p in heads for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert listening
    assert all(ip.endswith(ours.LOCAL) for ip in listening)
    run.ask_stop()
    state = until(run, ended)
    assert state["status"] == "stopped"
    assert state["saved"] == f"checkpoint-{state['step']}"
    _, alive = psutil.wait_procs(servers, timeout=20)
    assert not alive


@pytest.mark.ray
def test_a_fault_that_only_a_person_can_mend_is_not_tried_again(home: Path, qa_file: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'tunesmith[ray]', or make test-ray")
    run = planned(qa_file, "x", **(TWO | {"num_nodes": 1}))
    with qa_file.open("a") as file:
        file.write("one more,row\n")
    launch.start(run)
    state = until(run, ended)
    assert state["status"] == "failed"
    assert "changed since you approved" in state["reason"]


def test_a_cluster_that_does_not_answer_is_named() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'tunesmith[ray]', or make test-ray")
    with pytest.raises(UserFacingError, match="no Ray cluster answers at 127"), ours.cluster("127.0.0.1:1", 1):
        pass


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "find_spec", lambda _: None)
    with pytest.raises(UserFacingError, match=r"pip install 'tunesmith\[ray\]'"):
        ours.require()
