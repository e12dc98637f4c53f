"""What the supervisor starts for a plan, how processes are told apart, and what is said of a failed one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.trainer.backends.runs import planned
from trainer import backends
from trainer.backends import arguments, ranks, told
from trainer.backends.follower import Follower, view
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.installed import fields_of
from trainer.plan import Plan
from trainer.proposal import propose
from trainer.records import read_json
from trainer.wishes import Wishes

TABLE = """
worker.log of an earlier start
  rank      : 0 (local_rank: 0)
  exitcode  : -9 (pid: 1)
"""
CLOSING = """
  rank      : 0 (local_rank: 0)
  exitcode  : {first} (pid: 30979)
  error_file: <N/A>
Root Cause (first observed failure):
[0]:
  rank      : 1 (local_rank: 1)
  exitcode  : {second} (pid: 30980)
"""


@pytest.fixture
def plan(home: Path, qa_file: Path) -> Plan:
    return propose(qa_file, Wishes(goal="t", dataset_path=str(qa_file))).plan


def test_each_backend_is_started_in_its_way(home: Path, qa_file: Path) -> None:
    run = planned(qa_file, "c")
    one = backends.command(run, run.plan(), resume=False)
    assert one == [sys.executable, "-m", "trainer.worker", str(run.folder)]
    two = backends.command(run, replace(run.plan(), {"num_processes": 2}), resume=True)
    assert two[1:5] == ["-m", "torch.distributed.run", "--standalone", "--local-addr"]
    assert two[-4:] == ["-m", "trainer.worker", str(run.folder), "resume"]
    assert two[two.index("--nproc-per-node") + 1] == "2"
    for backend in ("ray", "hosted"):
        given = backends.command(run, replace(run.plan(), {"backend": backend, "num_nodes": 2}), resume=False)
        assert given == [sys.executable, "-m", "trainer.backends", str(run.folder)]


def test_only_the_first_process_writes(home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = planned(qa_file, "f")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    assert not ranks.is_main()
    other = view(run.folder)
    assert isinstance(other, Follower)
    other.set_status("running")
    other.event("never")
    assert other.status()["status"] == "starting"
    assert "never" not in {e["kind"] for e in run.events()}
    monkeypatch.setenv("RANK", "0")
    assert not isinstance(view(run.folder), Follower)
    ranks.ready(run, base="here", resume=True)
    monkeypatch.setenv("RANK", "1")
    assert ranks.await_main(run, 1)["base"] == "here"
    monkeypatch.setenv("MASTER_PORT", "4242")  # another start
    with pytest.raises(UserFacingError, match="did not get the data ready"):
        ranks.await_main(run, 0.5)


def test_cores_are_shared_and_a_job_of_one_machine_stays_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("OMP_NUM_THREADS", "8"), ("WORLD_SIZE", "4"), ("LOCAL_WORLD_SIZE", "4")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "eth7")
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    ranks.settle()
    assert ranks.os.environ["OMP_NUM_THREADS"] == "2"
    assert ranks.os.environ["GLOO_SOCKET_IFNAME"] == "eth7"


@pytest.mark.parametrize(
    ("first", "second", "said", "words"),
    [
        (-15, -9, {}, "process 2 of 2 was killed (signal 9)"),
        (1, -11, {0: ("RuntimeError: Connection closed by peer", False)}, "process 2 of 2 was ended by signal 11"),
        (1, 1, {0: ("RuntimeError: Connection closed by peer", False), 1: ("ValueError: odd", False)},
         "process 2 of 2: ValueError: odd"),
        (1, 2, {0: ("ValueError: odd", False), 1: ("the loss is no number.", True)}, "the loss is no number."),
    ],
)  # fmt: skip
def test_the_cause_is_told_not_its_consequences(
    home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch, first: int, second: int,
    said: dict[int, tuple[str, bool]], words: str,
) -> None:  # fmt: skip
    run = planned(qa_file, "t")
    log = run.folder / "worker.log"
    log.write_text(TABLE)
    told.begin(run, 2)
    assert told.reason(run) is None
    for rank, (text, plain) in said.items():
        monkeypatch.setenv("RANK", str(rank))
        told.tell(run, text, plain)
    with log.open("a") as file:
        file.write(CLOSING.format(first=first, second=second))
    assert str(told.reason(run)).startswith(words)
    told.begin(run, 2)
    assert told.reason(run) is None


def test_a_failure_before_it_could_be_told_is_read_from_the_log(home: Path, qa_file: Path) -> None:
    run = planned(qa_file, "t")
    told.begin(run, 2)
    text = "ImportError: cannot import name 'x'\ntorch.distributed.elastic.errors.ChildFailedError: \n"
    (run.folder / "worker.log").write_text(text + CLOSING.format(first=-15, second=1))
    assert told.reason(run) == "process 2 of 2: ImportError: cannot import name 'x'"


@pytest.mark.parametrize("kind", ["ddp", "fsdp2", "deepspeed"])
def test_arguments_are_those_of_the_installed_library(plan: Plan, kind: str) -> None:
    shared = replace(plan, {"num_processes": 2, "distributed": kind, "device": "cuda", "precision": "bf16"})
    given = arguments.distributed_arguments(shared)
    assert set(given) <= fields_of((("transformers", "training_args.py"), ("trl", "trainer/sft_config.py")))
    assert given["average_tokens_across_devices"]
    assert arguments.distributed_arguments(plan) == {}


def test_sharding_says_what_the_plan_says(plan: Plan) -> None:
    gpu = {"num_processes": 2, "device": "cuda", "precision": "bf16", "gradient_checkpointing": True}
    sharded = arguments.distributed_arguments(replace(plan, gpu | {"distributed": "fsdp2"}))
    assert sharded["fsdp"]
    assert sharded["fsdp_config"]["version"] == 2
    assert sharded["fsdp_config"]["activation_checkpointing"]
    assert not sharded["gradient_checkpointing"]
    zero = arguments.distributed_arguments(replace(plan, gpu | {"distributed": "deepspeed"}))["deepspeed"]
    assert zero["zero_optimization"]["stage"] == 3
    assert zero["bf16"] == {"enabled": True}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"num_nodes": 2}, "nodes_need_ray"),
        ({"num_processes": 3, "device": "cuda"}, "too_many_processes"),
        ({"num_processes": 3}, "more_processes_than_cores"),
        ({"distributed": "fsdp2"}, "sharding_needs_gpus"),
        ({"distributed": "deepspeed", "device": "cuda"}, "deepspeed_missing"),
        ({"backend": "ray"}, "ray_missing"),
    ],
)
def test_what_cannot_work_is_found_before_it_starts(plan: Plan, changed: dict[str, object], rule: str) -> None:
    found = arguments.findings(replace(plan, changed), gpus=2, cores=2, installed=frozenset())
    assert [f.rule for f in found] == [rule]
    assert arguments.findings(plan, 2, 2, frozenset()) == []


def test_a_start_forgets_what_an_earlier_one_told(home: Path, qa_file: Path) -> None:
    run = planned(qa_file, "s")
    told.begin(run, 4)
    assert read_json(run.folder / "ranks" / "start.json")["of"] == 4
