"""The command line's contract: one JSON document, exact exit codes, a sentence for every mistake."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared

ROOT = Path(__file__).parents[2]


def run(*args: object, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from ui.cli import main; main()", *map(str, args)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ.copy(),
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return dict(json.loads(done.stdout))


def test_inspect(home: Path, qa_file: Path) -> None:
    found = document(run("inspect", qa_file, "--json"))
    assert found["rows"] == 120
    assert {"format", "columns", "roles", "lengths", "findings"} <= found.keys()


def test_plan_is_repeatable_and_carries_what_was_said(home: Path, qa_file: Path, tmp_path: Path) -> None:
    words = "answer these questions, lora rank 8, 2 epochs, cosine"
    out = tmp_path / "plan.yaml"
    first = document(run("plan", words, "--data", qa_file, "--set", "learning_rate=3e-4", "-o", out, "--json"))
    again = document(run("plan", words, "--data", qa_file, "--set", "learning_rate=3e-4", "--json"))
    assert {"plan", "reasons", "estimates", "findings", "preflight", "hash"} <= first.keys()
    assert first["hash"] == again["hash"]
    assert first["plan"]["adapter"]["lora_r"] == 8
    assert first["plan"]["schedule"]["num_train_epochs"] == 2
    assert first["plan"]["optimisation"]["learning_rate"] == 3e-4
    refused = run("train", out, "--json")
    assert refused.returncode == 2
    assert "person's yes" in document(refused)["error"]
    assert document(run("runs", "--json"))["runs"] == []


def test_train_follow_show_evaluate_ask_export(home: Path, labelled_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.yaml"
    run(
        "plan",
        "classify these mails by label",
        "--data",
        labelled_file,
        "--set",
        "max_steps=30",
        "--set",
        "eval_steps=15",
        "-o",
        out,
    )
    done = run("train", out, "--yes", "--follow", "--json")
    shown = document(done)
    assert (done.returncode, shown["status"], shown["step"]) == (0, "finished", 30)
    assert document(run("show", shown["run_id"], "--json"))["metrics"]["loss"] < 5
    result = document(run("evaluate", shown["run_id"], "--baseline", "--json"))
    assert {"tuned", "base", "difference", "verdict"} <= result.keys()
    assert "base" not in document(run("evaluate", shown["run_id"], "--json"))
    assert document(run("ask", shown["run_id"], "parcel late, case 3", "--json"))["answer"]
    found = document(run("explain", shown["run_id"], "--json"))
    assert found["findings"]
    assert found["text"]
    files = document(run("export", shown["run_id"], "-o", tmp_path / "out", "--json"))["files"]
    assert any(f.endswith(".safetensors") for f in files)
    assert not any(f.endswith(".bin") for f in files)
    assert run("export", shown["run_id"], "--to", "gguf").returncode == 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["inspect", "none.csv"], "no such file"),
        (["inspect", "/dev/null"], "not a regular file"),
        (["train", "bad.yaml", "--yes"], "nope"),
        (["show", "no-such-run"], "no run"),
        (["explain", "no-such-run"], "no run"),
        (["evaluate", "no-such-run"], "no run"),
        (["plan", "train it", "--data", "none.csv"], "no such file"),
        (["plan", "train it", "--data", "header.csv"], "0 rows"),
        (["plan", "x", "--data", "good.csv", "--set", "learning_rat=1"], "Did you mean learning_rate"),
        (["plan", "x", "--data", "good.csv", "--set", "learning_rate=0"], "learning_rate"),
        (["plan", "x", "--data", "good.csv", "--set", "num_train_epochs=-1"], "num_train_epochs"),
        (["plan", "x", "--data", "good.csv", "--model", "no-such/thing-9b"], "no base model"),
        (["explain"], "name a run"),
        (["chat"], "no message"),
    ],
)
def test_mistakes_are_a_sentence(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str
) -> None:
    (tmp_path / "bad.yaml").write_text("learning_rate: 5\nnope: 1\n")
    (tmp_path / "header.csv").write_text("prompt,answer\n")
    (tmp_path / "good.csv").write_text("prompt,answer\n" + "".join(f"q{i},a{i}\n" for i in range(30)))
    named = [str(tmp_path / a) if a.endswith((".csv", ".yaml")) else a for a in args]
    done = run(*named)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert words in said
    assert "Traceback" not in said


def test_a_port_in_use_is_said(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("ui", "--port", taken.getsockname()[1])
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_chat_holds_its_thread(home: Path, qa_file: Path) -> None:
    first = document(
        run("chat", "train a model to answer these questions", "--data", qa_file, "--thread", "a", "--json")
    )
    assert first["pending"]["hash"]
    assert first["thread"] == "a"
    second = document(run("chat", "2 epochs", "--thread", "a", "--json"))
    assert second["pending"]["plan"]["schedule"]["num_train_epochs"] == 2
    assert second["pending"]["hash"] != first["pending"]["hash"]


def test_explain_reads_any_log(home: Path, tmp_path: Path) -> None:
    rows = [{"step": i, "loss": 2.0 - 0.01 * i if i < 60 else float("nan"), "grad_norm": 1.0} for i in range(1, 100)]
    log = tmp_path / "trainer_state.json"
    log.write_text(json.dumps({"log_history": rows}))
    assert document(run("explain", log, "--json"))["findings"][0]["severity"] == "critical"
    log.write_text('{"log_history": [')
    broken = run("explain", log)
    assert broken.returncode == 2
    assert "Traceback" not in broken.stderr


def test_understand_reads_the_public_conversations(home: Path, tmp_path: Path) -> None:
    source = shared("evals/requests_public.jsonl")
    blind = tmp_path / "blind.jsonl"
    items = [json.loads(line) for line in source.read_text("utf-8").splitlines()][:40]
    for item in items:
        for turn in item["turns"]:
            turn.pop("expect", None)
    blind.write_text("\n".join(json.dumps({"id": i["id"], "turns": i["turns"]}) for i in items))
    out = [json.loads(line) for line in run("understand", blind).stdout.splitlines()]
    wanted = [(i["expect"]["intent"], i["expect"].get("accept_intents", [])) for i in items]
    right = sum(o["intent"] in (w, *more) for o, (w, more) in zip(out, wanted, strict=True))
    assert right / len(items) >= 0.75


def test_doctor(home: Path) -> None:
    found = document(run("doctor", "--json"))
    assert found["brain"] == "tunesmith/builtin"
    assert not found["missing"]
