"""Golden dialogues through the graph, with the built-in brain behind its door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.session import Session
from tools import running
from trainer.runs import RunStore

DIALOGUES = yaml.safe_load((Path(__file__).parent / "golden.yaml").read_text("utf-8"))


@pytest.fixture
def files(tmp_path: Path, home: Path, qa_file: Path, labelled_file: Path) -> dict[str, Path | None]:
    book, pairs, blank = tmp_path / "book.txt", tmp_path / "pairs.jsonl", tmp_path / "blank.csv"
    sums, marked, general = tmp_path / "sums.jsonl", tmp_path / "marked.jsonl", home / "general.jsonl"
    book.write_text(
        "\n\n".join(f"Chapter {i}. The miller walked along the river and thought of {i} things." for i in range(200))
    )
    pairs.write_text("\n".join(json.dumps({"prompt": f"q{i}", "chosen": "good", "rejected": "bad"}) for i in range(30)))
    sums.write_text(
        "\n".join(json.dumps({"prompt": f"how much is {i} and {2 * i}?", "answer": str(3 * i)}) for i in range(60))
    )
    marked.write_text(
        "\n".join(
            json.dumps({"prompt": f"question {i}", "completion": f"answer number {i}", "label": i % 2 == 0})
            for i in range(60)
        )
    )
    general.write_text(
        "\n".join(json.dumps({"question": f"what is a {i}?", "answer": f"the thing {i}"}) for i in range(40))
    )
    (home / "reward.py").write_text("def reward(completion, **columns):\n    return float('<b>' not in completion)\n")
    blank.write_text("alpha,beta\n" + "\n".join(f"one {i},two {i}" for i in range(30)))
    judged: dict[str, Path | None] = {"pairs": pairs, "sums": sums, "marked": marked}
    return judged | {"qa": qa_file, "mails": labelled_file, "none": None, "book": book, "blank": blank}


def matches(turn: dict[str, Any], session: Session, events: list[dict[str, Any]], home: Path) -> None:
    want, order = turn["expect"], session.pending
    reply = " ".join(e["text"] for e in events if e["type"] == "message" and e["role"] == "assistant")
    what = f"{turn['user']!r} -> {reply!r}"
    assert reply, what
    if "pending" in want:
        assert (order is not None) == want["pending"], what
    if "kind" in want:
        assert order is not None
        assert order.kind == want["kind"], what
    leaves = order.proposal.plan.leaves() if order else {}
    for name, value in want.get("plan", {}).items():
        wanted = value if isinstance(value, list | str) else pytest.approx(value)
        assert leaves.get(name) == wanted, f"{name}: {what}"
    assert "runs" not in want or len(RunStore(home).all()) == want["runs"], what
    for words in want.get("says", []):
        assert words in reply, what
    for words in want.get("says_not", []):
        assert words not in reply, what
    assert "event" not in want or want["event"] in {e["type"] for e in events}, what


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[d["name"] for d in DIALOGUES])
def test_dialogue(
    dialogue: dict[str, Any], files: dict[str, Path | None], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        running.launch, "start", lambda run, resume=False: (run.folder / "process.json").write_text("{}")
    )
    session = Session("golden", roots=[home])
    if path := files[dialogue["file"]]:
        session.give_file(path)
    for turn in dialogue["turns"]:
        matches(turn, session, session.ask(turn["user"]), home)
    session.close()


def test_there_are_enough_dialogues() -> None:
    assert len(DIALOGUES) >= 20
