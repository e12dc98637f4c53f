"""The line before a device, with real processes: one at a time, in order, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer import processes, waiting
from trainer.devices import Claim, claim
from trainer.fields import replace
from trainer.plan import Compute
from trainer.proposal import Proposal, propose
from trainer.records import read_from, read_json, write_atomic
from trainer.runs import Run, RunStore
from trainer.tickets import Ticket
from trainer.waiting import Line, Standing
from trainer.wishes import Wishes

ROOT = Path(__file__).parents[2]
SUPERVISOR = """
import sys, time
from pathlib import Path
from trainer import backends, launch
WORKER = '''
import json, os, sys, time
folder, seconds = sys.argv[1:]
def status(**facts):
    old = json.load(open(folder + "/status.json"))
    with open(folder + "/new", "w") as file:
        json.dump(old | facts, file)
    os.replace(folder + "/new", folder + "/status.json")
def record(did):
    with open(os.path.dirname(os.path.dirname(folder)) + "/record.jsonl", "a") as file:
        file.write(json.dumps({"run": os.path.basename(folder), "did": did}) + chr(10))
there = lambda name: os.path.exists(folder + "/" + name)
record("began")
status(status="running", step=1, max_steps=2, eta_seconds=300)
deadline = time.monotonic() + float(seconds)
while time.monotonic() < deadline and not there("go") and not there("stop"):
    time.sleep(0.05)
record("ended")
status(status="stopped" if there("stop") else "finished")
'''
backends.command = lambda run, plan, resume: [sys.executable, "-c", WORKER, str(run.folder), SECONDS]
sys.argv = ["launch", *sys.argv[1:]]
sys.exit(launch.main())
"""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Proposal:
    """One plan for all runs here: nothing of it is trained."""
    folder = tmp_path_factory.mktemp("line")
    before = os.environ.get("TUNESMITH_HOME")
    os.environ["TUNESMITH_HOME"] = str(folder)
    (folder / "machine.json").write_text('{"train_gflops": {"fp32/1": 80.0, "fp32/2": 80.0}, "bf16_faster": false}')
    data = folder / "qa.csv"
    data.write_text("question,answer\n" + "".join(f"where is parcel {i}?,It is at {i}.\n" for i in range(60)))
    proposal = propose(data, Wishes(goal="wait", dataset_path=str(data), max_steps=2))
    os.environ.pop("TUNESMITH_HOME") if before is None else os.environ.__setitem__("TUNESMITH_HOME", before)
    return proposal


class House:
    """A home whose supervisors start workers that only wait."""

    def __init__(self, home: Path, paper: Proposal) -> None:
        self.home, self.paper, self.store = home, paper, RunStore(home)
        self.started: list[subprocess.Popen[bytes]] = []

    def run(self, seconds: float = 60, **changes: Any) -> Run:
        plan = replace(self.paper.plan, changes)
        changed = self.paper.model_copy(update={"plan": plan, "hash": plan.digest()})
        run, _ = self.store.create(changed, f"{time.monotonic_ns()}-{threading.get_ident()}")
        self.launch(run, seconds)
        return run

    def launch(self, run: Run, seconds: float = 60, resume: bool = False) -> subprocess.Popen[bytes]:
        (run.folder / "stop").unlink(missing_ok=True)
        (run.folder / "process.json").unlink(missing_ok=True)
        run.set_status("starting")
        script = SUPERVISOR.replace("SECONDS", repr(str(seconds)))
        command = [sys.executable, "-c", script, str(run.folder), *(["resume"] if resume else [])]
        with (run.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        write_atomic(run.folder / "process.json", processes.mark(process.pid))
        self.started.append(process)
        return process

    def record(self) -> list[tuple[str, str]]:
        return [(r["run"], r["did"]) for r in read_from(self.home / "record.jsonl")[0]]

    def go(self, run: Run) -> None:
        (run.folder / "go").touch()

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        for process in self.started:
            if process.pid == pid:
                process.wait(10)

    def close(self) -> None:
        for run in self.store.all():
            self.go(run)
            run.ask_stop()
        for process in self.started:
            process.wait(20)


@pytest.fixture
def house(home: Path, paper: Proposal) -> Iterator[House]:
    made = House(home, paper)
    yield made
    made.close()


def until(wanted: Any, limit: float = 30) -> Any:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if found := wanted():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def waits(*runs: Run) -> None:
    """Until all of them stand in the line themselves; before that a status already tells where they will stand."""
    until(lambda: all(read_json(run.folder / "status.json")["status"] == "queued" for run in runs))


def is_(run: Run, status: str) -> Any:
    return lambda: run.status()["status"] == status and run.status()


def test_the_second_waits_says_for_whom_and_follows(house: House) -> None:
    first, second, third = house.run(), house.run(), house.run()
    until(is_(first, "running"))
    state = until(is_(second, "queued"))
    assert (state["place"], state["waits_for"]) == (1, "run-1")
    assert 240 < state["wait_seconds"] <= 300
    until(lambda: house.store.get("run-3").status().get("of") == 2)
    state = third.status()
    assert (state["status"], state["place"], state["waits_for"]) == ("queued", 2, "run-2")
    assert third.alive()
    house.go(first)
    until(is_(second, "running"))
    assert until(is_(third, "queued"))["place"] == 1
    house.go(second)
    until(is_(third, "running"))
    house.go(third)
    until(is_(third, "finished"))
    assert house.record() == [(f"run-{i}", did) for i in (1, 2, 3) for did in ("began", "ended")]
    until(lambda: not list((house.home / "line").glob("*.ticket")))


def test_five_approved_at_once_run_one_by_one_in_order(house: House) -> None:
    threads = [threading.Thread(target=house.run, args=(0.3,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: len(house.record()) == 10, 60)
    assert house.record() == [(f"run-{i}", did) for i in range(1, 6) for did in ("began", "ended")]


def test_a_killed_waiter_frees_its_place(house: House) -> None:
    first, second, third = house.run(), house.run(), house.run()
    until(is_(first, "running"))
    waits(second, third)
    assert third.status()["place"] == 2
    house.kill(read_json(second.folder / "process.json")["pid"])
    assert third.status()["place"] == 1
    state = second.status()
    assert state["status"] == "died"
    assert "while it waited" in state["reason"]
    house.go(first)
    until(is_(third, "running"))
    assert ("run-2", "began") not in house.record()


def test_a_killed_worker_makes_way(house: House) -> None:
    first, second = house.run(), house.run()
    until(is_(first, "running"))
    until(is_(second, "queued"))
    os.kill(first.status()["worker_pid"], signal.SIGKILL)
    until(is_(second, "running"))
    assert first.status()["status"] == "died"


def test_a_worker_that_outlives_its_supervisor_still_holds_the_device(house: House) -> None:
    first, second = house.run(), house.run()
    until(is_(first, "running"))
    until(is_(second, "queued"))
    house.kill(read_json(first.folder / "process.json")["pid"])
    time.sleep(1.5)
    assert second.status()["status"] == "queued"
    assert first.alive()
    house.go(first)
    until(is_(second, "running"))
    assert house.record()[:3] == [("run-1", "began"), ("run-1", "ended"), ("run-2", "began")]


def test_stop_takes_it_out_of_the_line_and_resume_puts_it_at_the_end(house: House) -> None:
    first, second, third = house.run(), house.run(), house.run()
    until(is_(first, "running"))
    waits(second, third)
    second.ask_stop()
    state = until(is_(second, "stopped"), 10)
    assert state["left_line"]
    assert third.status()["place"] == 1
    house.launch(second, resume=True)
    assert until(lambda: second.status().get("place") == 2 and second.status())["waits_for"] == "run-3"
    waits(second)
    waits(house.run())
    for run in (first, third, second):
        house.go(run)
    until(lambda: ("run-4", "began") in house.record())
    assert [run for run, did in house.record() if did == "began"] == ["run-1", "run-3", "run-2", "run-4"]


def test_to_the_front(house: House) -> None:
    first, second, third, fourth = (house.run() for _ in range(4))
    until(is_(first, "running"))
    waits(second, third, fourth)
    line = Line(house.home)
    assert line.first(third.id)
    assert line.first(fourth.id)
    assert [r.status()["place"] for r in (fourth, third, second)] == [1, 2, 3]
    assert not line.first("run-1")
    assert not line.first("run-9")


def test_the_clock_decides_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = house.run(), house.run()
    until(is_(first, "running"))
    until(is_(second, "queued"))
    now = time.time
    for jump in (-86_400, 86_400):
        # start times are told by the clock: after a jump the noted ones no longer fit, only the locks do
        for mark in [
            f for run in (first, second) for f in run.folder.glob("[pw]*.json") if "create_time" in read_json(f)
        ]:
            write_atomic(mark, read_json(mark) | {"create_time": now() + jump})
        monkeypatch.setattr(time, "time", lambda jump=jump: now() + jump)
        assert (first.status()["status"], second.status()["status"]) == ("running", "queued")
    house.go(first)
    until(is_(second, "running"))


def test_a_restart_leaves_nothing_in_the_way(house: House) -> None:
    first, second = house.run(), house.run()
    until(is_(first, "running"))
    waits(second)
    for run in (second, first):
        house.kill(read_json(run.folder / "process.json")["pid"])
    os.kill(first.status()["worker_pid"], signal.SIGKILL)
    until(lambda: not first.alive())
    (house.home / "line" / "left.tmp").write_text("half")
    assert len(list((house.home / "line").glob("*.ticket"))) == 2
    third = house.run()
    until(is_(third, "running"))
    assert not (house.home / "line" / "left.tmp").exists()
    assert len(list((house.home / "line").glob("*.ticket"))) == 1


def test_a_study_and_a_run_take_turns_and_trials_do_not_wait(house: House, paper: Proposal) -> None:
    folder = house.home / "studies" / "study-1"
    study = claim("study-1", "study-1", paper.plan.compute)
    seen: list[Standing | None] = []
    first = house.run()
    until(is_(first, "running"))
    trials: list[Run] = []

    def drive() -> None:
        with waiting.party(house.home, study, seen.append):
            for number in range(2):
                run, _ = RunStore(folder).create(paper, f"t{number}", kind="trial")
                house.launch(run)
                trials.append(run)
            until(lambda: all(t.status()["status"] == "running" for t in trials))
            until(lambda: second.status()["status"] == "queued")
            assert second.status()["waits_for"] == "study-1"
            for run in trials:
                house.go(run)
            until(lambda: all(t.status()["status"] == "finished" for t in trials))

    driver = threading.Thread(target=drive)
    driver.start()
    until(lambda: seen)
    assert seen[0] is not None and seen[0].waits_for == "run-1"
    second = house.run()
    until(lambda: second.status().get("place") == 2)
    house.go(first)
    driver.join(60)
    assert len(trials) == 2
    assert seen[-1] is None
    until(is_(second, "running"))


def test_trials_hold_the_device_when_their_driver_was_killed(house: House, paper: Proposal) -> None:
    trial, _ = RunStore(house.home / "studies" / "study-1").create(paper, "t", kind="trial")
    house.launch(trial)
    until(is_(trial, "running"))
    run = house.run()
    assert until(is_(run, "queued"))["waits_for"] == "study-1"
    house.go(trial)
    until(is_(run, "running"))


def test_training_time_counts_from_the_turn(house: House) -> None:
    first, second = house.run(), house.run()
    until(is_(second, "queued"))
    time.sleep(1)
    house.go(first)
    state = until(is_(second, "running"))
    assert state["started"] - state["created"] > 1


def compute(**values: Any) -> Compute:
    return Compute.model_validate({"device": "cpu", "precision": "fp32", "threads": 1} | values)


def test_what_a_plan_claims(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5,7")
    assert claim("a", "a", compute()).devices == ("cpu",)
    cuda = claim("a", "a", compute(device="cuda", num_processes=2))
    assert (cuda.lane, cuda.devices, cuda.need) == ("cuda", ("cuda:2", "cuda:5", "cuda:7"), 2)
    assert claim("a", "a", compute(device="cuda", num_processes=64)).need == 3
    assert claim("a", "a", compute(device="cuda", num_processes=8, num_nodes=4)).need == 2
    assert claim("a", "a", compute(backend="hosted")).lane == ""
    assert claim("a", "a", compute(backend="ray", address="ray://there:1")).lane == ""
    place = waiting.Place(("cuda:5", "cuda:7"))
    assert place.env()["CUDA_VISIBLE_DEVICES"] == "5,7"
    assert "CUDA_DEVICE_ORDER" not in waiting.Place(("cpu",)).env()


def test_what_runs_elsewhere_waits_for_nobody(house: House) -> None:
    first = house.run()
    until(is_(first, "running"))
    away = house.run(backend="hosted", address="https://train.example")
    until(is_(away, "running"))


CLAIMS = st.tuples(st.sampled_from(["cpu", "cuda"]), st.integers(1, 3), st.booleans())


@settings(max_examples=300, deadline=None)
@given(st.lists(CLAIMS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_nobody_shares_nobody_overtakes_everybody_comes(wants: list[tuple[str, int, bool]], chance: Any) -> None:
    """Any mix of runs and trials, ending in any order: the rule alone, without processes."""
    there = {"cpu": ("cpu",), "cuda": ("cuda:0", "cuda:1", "cuda:2")}
    tickets: list[Ticket] = []
    for number, (lane, need, front) in enumerate(wants, start=1):
        mine = Claim(f"run-{number}", f"run-{number}", lane, there[lane], min(need, len(there[lane])))
        tickets.append(Ticket((0, 99 - number) if front else (number, 0), mine))
    tickets.sort(key=lambda t: t.order)
    begun: dict[str, list[tuple[int, int]]] = {"cpu": [], "cuda": []}
    while tickets:
        moved = False
        for mine in chance.sample(tickets, len(tickets)):
            devices = () if mine.devices else waiting._free(mine, tickets)
            if devices:
                moved = True
                begun[mine.claim.lane].append(mine.order)
                tickets[tickets.index(mine)] = Ticket(mine.order, mine.claim, devices)
        held = [d for t in tickets for d in t.devices]
        assert len(held) == len(set(held))
        assert all(len(t.devices) in (0, t.claim.need) for t in tickets)
        running = [t for t in tickets if t.devices]
        assert running or moved
        tickets.remove(chance.choice(running))
    assert all(orders == sorted(orders) for orders in begun.values())
