"""A local task of lm-evaluation-harness, answered by a run's two models; what brings code is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.evaluating import on_harness
from tests.trainer.lab import Nursery, finished, made
from trainer.errors import UserFacingError
from trainer.evaluation import harness
from trainer.paths import SAMPLE_DATA

TASK = """task: colours
dataset_path: json
dataset_kwargs: {data_files: {test: ITEMS}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: ["blue", "green", "loud"]
doc_to_target: answer
metric_list: [{metric: acc}]
"""


def task_in(folder: Path, text: str = TASK) -> Path:
    folder.mkdir()
    items = folder / "items.jsonl"
    rows = [{"question": f"The sky of day {i} is", "answer": i % 3} for i in range(12)]
    items.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (folder / "colours.yaml").write_text(text.replace("ITEMS", str(items)), "utf-8")
    return folder


def test_both_models_answer_the_same_items(home: Path, tmp_path: Path, nursery: Nursery) -> None:
    pytest.importorskip("lm_eval", reason="the extra `harness` is not installed")
    run = made(SAMPLE_DATA, "tried", kind="train", max_steps=2)
    finished(nursery.start(run))
    phases: list[str] = []
    told = on_harness(run.id, ["colours"], task_in(tmp_path / "tasks"), 9, phases.append)
    found = told.data["tasks"]["colours"]
    assert found["items"] == 9 and found["metric"] == "acc" and found["paired"]["rows"] == 9
    assert 0 <= found["base"] <= 1 and 0 <= found["tuned"] <= 1
    assert told.say.startswith("colours (acc, 9 items):") and any("untrained model answers" in p for p in phases)
    with pytest.raises(UserFacingError, match="there is no task nonsense"):
        on_harness(run.id, ["nonsense"], None, 3)


def test_tasks_that_bring_code_are_refused(tmp_path: Path) -> None:
    for number, line in enumerate(("run: !function utils.run", "run: !<%21function> utils.run", "include: ../x.txt")):
        with pytest.raises(UserFacingError, match="brings code or another file"):
            harness.check_folder(task_in(tmp_path / f"tasks-{number}", f"{TASK}{line}\n"))
    with pytest.raises(UserFacingError, match="holds no task"):
        harness.check_folder(tmp_path / "nowhere")


def test_items_are_paired_by_what_they_are_not_by_their_place() -> None:
    base = [{"doc_id": i, "acc": 0.0} for i in range(20)]
    tuned = [{"doc_id": i, "acc": 1.0} for i in reversed(range(20))]
    found = harness.weighed("colours", base, tuned)
    assert found["paired"]["gap"]["low"] > 0 and found["base"] == 0 and found["tuned"] == 1
    with pytest.raises(UserFacingError, match="has none of the figures"):
        harness.weighed("colours", [{"doc_id": 1, "own": 2}], [])
    with pytest.raises(UserFacingError, match="answered by both"):
        harness.weighed("colours", base, [])


def test_ways_of_reading_an_answer_are_not_set_against_each_other() -> None:
    both = [
        {"doc_id": i, "filter": f, "acc": float(f == "flexible")} for i in range(50) for f in ("strict", "flexible")
    ]
    found = harness.weighed("sums", both, list(reversed(both)))
    assert found["items"] == 50 and found["paired"]["gap"]["value"] == 0 and found["filter"] == "strict"


def test_a_template_reaches_no_python(home: Path, tmp_path: Path, nursery: Nursery) -> None:
    pytest.importorskip("lm_eval", reason="the extra `harness` is not installed")
    run = made(SAMPLE_DATA, "walled", kind="train", max_steps=2)
    finished(nursery.start(run))
    mark = tmp_path / "mark"
    told = "{{ cycler.__init__.__globals__.os.popen('touch MARK').read() }}".replace("MARK", str(mark))
    with pytest.raises(UserFacingError, match="could not be tried"):
        on_harness(run.id, ["colours"], task_in(tmp_path / "tasks", TASK.replace("{{question}}", told)), 3)
    assert not mark.exists()
