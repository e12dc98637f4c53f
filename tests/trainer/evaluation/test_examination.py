"""A run that was really trained, examined in its own process, told by the command line."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from agent.evaluating import compare, evaluate, shown
from tests.trainer.lab import Nursery, finished, made
from tools.arguments import Evaluate
from tools.desk import Desk
from tools.evaluating import evaluate_run
from trainer.errors import UserFacingError
from trainer.evaluation import blind, examination, sides
from trainer.paths import SAMPLE_DATA
from trainer.records import read_json, write_atomic
from trainer.runs import Run, RunStore


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Messages and their topics; one answer in training holds a number, and one sealed row is given away."""
    with SAMPLE_DATA.open(newline="", encoding="utf-8") as file:
        rows = [(r["customer_message"], r["topic"]) for r in csv.DictReader(file) if len(r["customer_message"]) < 300]
    rows = list({q: (q, a) for q, a in rows}.values())[:240]
    sides = ["test" if i % 6 == 0 else "train" for i in range(len(rows))]
    rows[1] = (rows[0][0].rstrip(".!") + "!!", rows[0][1])
    path = tmp_path_factory.mktemp("letters") / "letters.jsonl"
    lines = [
        {"text": q, "label": a, "split": s, "customer_group": "new" if i % 12 < 6 else "old"}
        for i, ((q, a), s) in enumerate(zip(rows, sides, strict=True))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_a_run_is_set_beside_prompting_and_what_needs_no_model(home: Path, letters: Path, nursery: Nursery) -> None:
    run = made(letters, "examined", {"eval_steps": 10}, kind="train", num_train_epochs=2, per_device_train_batch_size=8)
    finished(nursery.start(run))
    assert run.result()["constant"]["answer"] and "dealt" in run.result()
    phases: list[str] = []
    told = evaluate(run.id, compared=True, tell=phases.append)
    found = told.data["examination"]
    names = {line["name"] for line in found["table"]["lines"]}
    assert names == {"zero_shot", "few_shot", "instructed", "tuned", "classifier", "constant"}
    assert found["table"]["kind"]["name"] == "labels" and found["table"]["rows"] == 40
    assert "1" in found["table"]["leaked"] or 1 in found["table"]["leaked"]
    assert found["asked"]["examples"] > 1 and "Labels:" in found["asked"]["instruction"]
    assert {(p["by"], p["part"]) for p in found["slices"]} >= {("customer_group", "new"), ("customer_group", "old")}
    assert 0 <= found["calibration"]["error"] <= 1 and found["general"]["items"] == 50
    assert "a classical classifier" in told.say.lower() and "95 % interval" in told.say
    assert any("answers written" in phase for phase in phases)
    reads = [e for e in run.events() if e["kind"] == "holdout_read"]
    assert {e["by"] for e in reads} == {"evaluation", "examination"}
    said = read_json(run.folder / "answers.json")
    assert len(said["rows"]) == 40 and all(len(answers) == 40 for answers in said["said"].values())
    shown_rows = run.result()["samples"]
    assert all(s["prompt"][:40] not in told.say and s["prompt"][:40] in told.quotes for s in shown_rows)
    page = shown(run.id)
    assert page["sentence"] == found["verdict"]["sentence"] and sum(own for own, *_ in page["rows"]) == 1
    again = evaluate_run(Evaluate(run_id=run.id, compare_to_base=True), Desk(home=home, roots=[home]))
    assert again.data["examination"] == found, "it is not made twice"
    assert found["verdict"]["sentence"] in again.say
    checkpoints_stand_beside_the_result(run)


def checkpoints_stand_beside_the_result(run: Run) -> None:
    """The last checkpoint holds the result's weights, so it answers word for word alike; the first knows less."""
    first, last = sides.steps(run)[0], sides.steps(run)[-1]
    assert first < last
    phases: list[str] = []
    told = compare(run.id, f"{run.id}@{last}", phases.append)
    assert told.data["paired"]["gap"]["value"] == 0 and not told.data["unlike"] and told.data["rows"] == 40
    assert any(f"{run.id} at step {last}:" in words for words in phases)
    earlier = compare(run.id, f"{run.id}@{first}")
    assert f"{run.id} at step {first}" in earlier.say and "accuracy" in earlier.say
    assert all(row["answers"][0] != row["answers"][1] for row in earlier.data["unlike"])
    untrained = compare(run.id, "base")
    assert untrained.data["sides"] == [run.id, "base"] and "the untrained model" in untrained.say
    assert {"checkpoint " + str(first), "comparison"} <= {e.get("by") for e in run.events()}
    assert blind.opened(run, f"{run.id}@{first}").names[1] == f"{run.id} at step {first}"


def test_what_cannot_be_examined_is_refused_in_a_sentence(home: Path, letters: Path) -> None:
    run = made(letters, "waiting", kind="train")
    with pytest.raises(UserFacingError, match="is not finished"):
        examination.start(run)
    run.set_status("finished")
    with pytest.raises(UserFacingError, match="not judged by written answers"):
        examination.start(run)
    (run.folder / "data").mkdir()
    (run.folder / "data" / "train.jsonl").touch()
    other = made(letters, "other", kind="train")
    with pytest.raises(UserFacingError, match=f"{other.id} holds this machine"):
        examination.start(run)


def test_an_examination_whose_process_was_killed_says_so(home: Path, tmp_path: Path) -> None:
    run = Run(tmp_path / "run-1")
    run.folder.mkdir()
    assert examination.read(run) == {}
    write_atomic(run.folder / "examination.json", {"status": "running", "phase": "tuned: 3 of 9 answers written"})
    write_atomic(run.folder / "examination.process.json", {"pid": 2**22, "create_time": 1.0})
    assert examination.read(run)["status"] == "running", "its process may not be noted yet"
    os.utime(run.folder / "examination.json", (0, 0))
    assert examination.read(run)["status"] == "died"


def test_the_time_is_told_by_the_runs_own_test(home: Path, letters: Path) -> None:
    run = RunStore(home).get(made(letters, "timed", kind="train").id)
    assert examination.seconds(run) is None
    for kind in ("trained", "result"):
        run.event(kind)
    known = examination.seconds(run)
    assert known is not None and 10 <= known < 12
