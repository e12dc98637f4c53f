"""Hosted tuning against a server that speaks the protocol: what leaves, what is recorded, what every fault becomes."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from tests.trainer.backends.runs import ended, planned, until
from tests.trainer.backends.service import KEY, METRICS, Service, serving
from trainer import launch
from trainer.backends import following, hosted, upload
from trainer.data.convert import Example
from trainer.errors import UserFacingError
from trainer.fields import replace
from trainer.plan import Plan
from trainer.proposal import propose
from trainer.records import read_json
from trainer.runs import Run
from trainer.wishes import Wishes


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv(upload.KEY, KEY)
    monkeypatch.setenv("TUNESMITH_HOSTED_POLL", "0.05")
    monkeypatch.setattr(following, "POLL", 0.05)
    monkeypatch.setattr(following, "LOOK", 0.02)
    with serving() as found:
        yield found


def hosted_run(path: Path, service: Service, **changed: object) -> Run:
    return planned(path, f"h{time.time()}", {"tuning": "full"}, backend="hosted", address=service.address, **changed)


def driven(run: Run) -> dict[str, object]:
    hosted.drive(run, run.plan(), resume=False)
    return read_json(run.folder / "status.json")


def example(row: int, rejected: str = "") -> Example:
    return Example(row, (("user", "Où?"), ("assistant", "Ici.")), rejected=rejected)


def everything(run: Run) -> str:
    return "".join(f.read_text("utf-8", "replace") for f in run.folder.rglob("*") if f.is_file())


def test_a_job_from_its_rows_to_its_model_by_the_supervisor(home: Path, qa_file: Path, service: Service) -> None:
    run = hosted_run(qa_file, service)
    launch.start(run)
    state = until(run, ended, 120)
    assert state["status"] == "finished", state
    assert state["hosted_model"].startswith("ft:")
    assert (state["trained_tokens"], state["cost_usd"]) == (4321, 0.25)
    rows = {n: [json.loads(line) for line in data.decode().splitlines()] for n, data in service.files.items()}
    sealed = [json.loads(line)["messages"] for line in run.sealed.read_text().splitlines()]
    sent = [row["messages"] for side in rows.values() for row in side]
    assert len(rows["file-1"]) == 86
    assert all(set(row) == {"messages"} for side in rows.values() for row in side)
    assert not [m for m in sent if m in sealed]
    body = service.bodies[0]
    assert body["hyperparameters"] == {"n_epochs": 1, "batch_size": 8}
    assert (body["training_file"], body["validation_file"]) == ("file-1", "file-2")
    history = [(r["step"], r["loss"], r["eval_loss"]) for r in run.history()]
    assert history == METRICS[: len(history)]
    assert len(history) >= 2
    assert sorted(service.deleted) == ["file-1", "file-2"]
    assert {"uploaded", "hosted_job", "trained", "not_evaluated", "upload_deleted"} <= {e["kind"] for e in run.events()}
    assert KEY not in everything(run)


def test_a_killed_driver_finds_its_job_again_and_begins_no_second(home: Path, qa_file: Path, service: Service) -> None:
    service.looks_until_done = 10**6
    run = hosted_run(qa_file, service)
    launch.start(run)
    until(run, lambda s: s.get("hosted_job") or ended(s), 120)
    os.kill(run.status()["worker_pid"], signal.SIGKILL)
    assert until(run, ended)["status"] == "died"
    service.looks_until_done = 3
    launch.start(run, resume=True)
    assert until(run, ended, 120)["status"] == "finished"
    assert len(service.jobs) == 1
    assert len(service.files) == 2
    steps = [r["step"] for r in run.history()]
    assert steps == sorted(set(steps))


def test_a_lost_answer_does_not_begin_a_second_job(home: Path, qa_file: Path, service: Service) -> None:
    service.lose_answers = 1
    assert driven(hosted_run(qa_file, service))["status"] == "finished"
    assert len(service.jobs) == 1


def test_a_wish_to_stop_cancels_the_job(home: Path, qa_file: Path, service: Service) -> None:
    service.looks_until_done = 10**6
    run = hosted_run(qa_file, service)
    launch.start(run)
    until(run, lambda s: s.get("hosted_job") or ended(s), 120)
    run.ask_stop()
    state = until(run, ended, 60)
    assert state["status"] == "stopped"
    assert "cancelled at the service" in state["reason"]
    assert service.jobs["ftjob-1"]["status"] == "cancelled"
    assert sorted(service.deleted) == ["file-1", "file-2"]


def test_a_refused_key_is_told_without_the_key(
    home: Path, qa_file: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(upload.KEY, "sk-another-key")
    run = hosted_run(qa_file, service)
    state = driven(run)
    assert state["status"] == "failed"
    assert f"the key was refused. Look at the key in {upload.KEY}" in str(state["reason"])
    assert "sk-another-key" not in everything(run)


def test_faults_that_pass_are_waited_for(home: Path, qa_file: Path, service: Service) -> None:
    service.faults = [
        ("POST /files", 429), ("GET /fine_tuning/jobs/.*", 0), ("GET /fine_tuning/jobs/[^/]*", 503),
        ("POST /fine_tuning/jobs", 429), ("GET .*/events", 500),
    ]  # fmt: skip
    assert driven(hosted_run(qa_file, service))["status"] == "finished"
    assert len(service.jobs) == 1
    assert not service.faults


def test_a_service_without_events_or_deletion_still_serves(home: Path, qa_file: Path, service: Service) -> None:
    service.faults = [("GET .*/events", 404), ("DELETE .*", 405), ("DELETE .*", 405)]
    run = hosted_run(qa_file, service)
    assert driven(run)["status"] == "finished"
    assert [e["kind"] for e in run.events()].count("upload_kept") == 2


def test_a_failed_job_says_what_the_service_said(home: Path, qa_file: Path, service: Service) -> None:
    service.outcome = "failed"
    state = driven(hosted_run(qa_file, service))
    assert state["status"] == "failed"
    assert "the service could not tune it: row 3 is too long" in str(state["reason"])
    assert service.deleted


@pytest.mark.parametrize(("status", "words"), [(403, "may not tune"), (404, "knows no such thing"), (400, "refused")])
def test_a_refused_request_is_a_sentence(home: Path, qa_file: Path, service: Service, status: int, words: str) -> None:
    service.faults = [("POST /fine_tuning/jobs", status)]
    state = driven(hosted_run(qa_file, service))
    assert state["status"] == "failed"
    assert words in str(state["reason"])


def test_a_server_that_dies_in_the_middle_is_waited_for_and_found_again(
    home: Path, qa_file: Path, service: Service
) -> None:
    service.looks_until_done = 10**6
    run = hosted_run(qa_file, service)
    with ExitStack() as stack:
        first = stack.enter_context(serving())
        first.looks_until_done = 10**6
        run = hosted_run(qa_file, first)
        driver = threading.Thread(target=driven, args=(run,))
        driver.start()
        while not read_json(run.folder / "status.json").get("hosted_job"):
            time.sleep(0.02)
    first.looks_until_done = 3
    while "has not answered" not in str(read_json(run.folder / "status.json").get("phase")):
        time.sleep(0.02)
    with serving(first.port, first):
        driver.join(60)
    assert read_json(run.folder / "status.json")["status"] == "finished"
    assert len(first.jobs) == 1


def test_a_server_that_stays_dead_ends_the_run_and_names_the_job(
    home: Path, qa_file: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PATIENCE", 1.0)
    service.faults = [("GET /fine_tuning/jobs/[^/]*", 503)] * 20
    state = driven(hosted_run(qa_file, service))
    assert state["status"] == "failed"
    assert "Job ftjob-1 goes on there; resume the run" in str(state["reason"])


def plan_of(path: Path, **changed: object) -> Plan:
    proposed = propose(path, Wishes(goal="g", dataset_path=str(path))).plan
    return replace(proposed, {"backend": "hosted", "address": "https://tune.example/v1", **changed})


def test_the_notice_says_what_goes_where(home: Path, qa_file: Path) -> None:
    told = {f.rule: f for f in hosted.findings(plan_of(qa_file), [example(n) for n in range(12)], [example(99)])}
    size = 13 * len(
        '{"messages": [{"role": "user", "content": "Où?"}, {"role": "assistant", "content": "Ici."}]}\n'.encode()
    )
    notice = told["rows_leave"].advice
    assert "12 training and 1 validation rows" in notice
    assert f"{size / 1000:.1f} kB" in notice
    assert "https://tune.example/v1" in notice
    assert told["hosted_key"].severity == "warn"
    assert hosted.findings(plan_of(qa_file, backend="local", address=None), []) == []


def test_pairs_are_sent_as_the_protocol_has_them(home: Path, qa_file: Path) -> None:
    from trainer.plan import Dpo

    plan = plan_of(qa_file).model_copy(update={"method": Dpo()})
    assert list(upload.lines(plan, [example(1, "Là.")])) == [
        {
            "input": {"messages": [{"role": "user", "content": "Où?"}]},
            "preferred_output": [{"role": "assistant", "content": "Ici."}],
            "non_preferred_output": [{"role": "assistant", "content": "Là."}],
        }
    ]


def test_dpo_is_asked_for_by_its_method(home: Path, qa_file: Path, service: Service) -> None:
    from trainer.plan import Dpo

    plan = plan_of(qa_file, address=service.address).model_copy(update={"method": Dpo(beta=0.2)})
    api = hosted.Service(plan)
    file = home / "rows.jsonl"
    file.write_text("{}\n")
    api.create(api.upload(file), None, 2, "s")
    method = service.bodies[0]["method"]
    assert method["type"] == "dpo"
    assert method["dpo"]["hyperparameters"]["beta"] == 0.2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"address": None}, "base URL"),
        ({"address": "http://tune.example/v1"}, "unencrypted"),
        ({"address": "https://me:secret@tune.example/v1"}, "belongs into"),
    ],
)
def test_addresses_that_are_refused(home: Path, qa_file: Path, changed: dict[str, object], words: str) -> None:
    with pytest.raises(UserFacingError, match=words):
        upload.refuse(plan_of(qa_file, **changed), 50)


def test_openai_is_warned_of_and_then_refused(home: Path, qa_file: Path) -> None:
    plan = plan_of(qa_file, address="https://api.openai.com/v1")
    assert upload.key_variable(plan) == "OPENAI_API_KEY"
    assert upload.key_variable(plan_of(qa_file)) == upload.KEY
    upload.refuse(plan, 50, date(2027, 1, 5))
    with pytest.raises(UserFacingError, match="6 January 2027"):
        upload.refuse(plan, 50, date(2027, 1, 6))


def test_too_few_rows_are_refused(home: Path, qa_file: Path) -> None:
    with pytest.raises(UserFacingError, match="10 training rows at least; here are 9"):
        upload.refuse(plan_of(qa_file), 9)
