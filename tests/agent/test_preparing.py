"""Data rewritten in conversation, with the built-in brain: shown, approved by hash, written once, then trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.session import Session
from tools import running
from trainer.paths import SAMPLE_DATA
from trainer.preparing import Preparation

THINGS = ("parcel", "refund", "invoice", "password", "voucher", "account", "subscription", "warranty")
VERBS = ("lost", "late", "broken", "missing", "wrong", "double", "expired", "blocked")


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    """64 different questions, 5 exact repeats, 4 e-mails, 2 phone numbers, 1 empty answer, 1 garbled word."""
    path = tmp_path / "desk.csv"
    rows = [
        f'"My {t} is {v}, what do I do about {v} things of kind {t}?","A {v} {t}: write to the {t} team about {v}."'
        for t in THINGS
        for v in VERBS
    ]
    rows += rows[:5]
    rows += [f'"Question of p{i}@example.org: how can I change rule number {"abcd"[i] * 5}?",Ask us.' for i in range(4)]
    rows += ['"Call me on +49 30 901820 today, will you please?",We will.', '"And on +49 30 901821 tomorrow?",Sure.']
    rows += ['"An empty one, is it not?",""', '"Where is the CafÃ© of the house?",On floor two.']
    path.write_text("question,answer\n" + "\n".join(rows) + "\n", "utf-8")
    return path


@pytest.fixture
def talk(home: Path, dirty: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    begun = lambda run, resume=False: (run.folder / "process.json").write_text("{}")  # noqa: E731
    monkeypatch.setattr(running.launch, "start", begun)
    session = Session("prepare", roots=[dirty.parent])
    session.give_file(dirty)
    return session


def shown(session: Session) -> Preparation:
    order = session.pending
    assert order is not None and order.kind == "prepare" and order.preparation is not None
    return order.preparation


def ops(session: Session) -> list[str]:
    return [step.op for step in shown(session).recipe.steps]


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def written(session: Session, home: Path) -> Path:
    path = Path(session.files()[-1])
    assert path.parent == home / "prepared"
    return path


def test_clean_it(talk: Session, dirty: Path, home: Path) -> None:
    before = dirty.read_bytes()
    talk.ask("clean it")
    assert ops(talk) == ["fix_encoding", "drop", "deduplicate", "redact"]
    assert not (home / "prepared").exists()
    events = talk.ask("go")
    path = written(talk, home)
    text = path.read_text("utf-8")
    assert "@example.org" not in text and "901820" not in text and "Café" in text and "[EMAIL_1]" in text
    assert len(rows_of(path)) == shown_rows(events) < 77
    record = json.loads(path.with_name(path.name + ".provenance.json").read_text("utf-8"))
    assert record["source"]["path"] == str(dirty) and record["untouched_cells"]["conserved"]
    assert dirty.read_bytes() == before and talk.pending is None


def shown_rows(events: list[dict[str, Any]]) -> int:
    return int(next(e for e in events if e["type"] == "prepared")["record"]["output"]["rows"])


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        ("mask all emails and phone numbers", [{"op": "redact", "kinds": ["email", "phone"]}]),
        ("take a random 10", [{"op": "sample", "rows": 10, "seed": 42}]),
        ("split it 90/10 train and validation, seed 7", [{"op": "split", "val": 0.1, "how": "random", "seed": 7}]),
        ("convert it to messages", [{"op": "convert", "target": "messages"}]),
        ("remove rows shorter than 20 chars", [{"op": "filter_length", "min_chars": 20}]),
        ("shuffle it", [{"op": "shuffle", "seed": 42}]),
        ("drop column answer", [{"op": "drop_columns", "columns": ["answer"]}]),
    ],
)
def test_one_wish(talk: Session, words: str, steps: list[dict[str, Any]]) -> None:
    talk.ask(words)
    made = [step.model_dump(mode="json", exclude_none=True) for step in shown(talk).recipe.steps]
    assert [{k: made[i].get(k) for k in step} for i, step in enumerate(steps)] == steps
    assert len(made) == len(steps)


def test_two_wishes(talk: Session) -> None:
    talk.ask("dedupe it and drop rows with emails")
    first, second = shown(talk).recipe.steps
    assert first.op == "drop" and first.rules == ("pii_email",) and second.op == "deduplicate"
    assert shown(talk).outcome.steps[0].set_aside == 4


def test_yes_but(talk: Session, home: Path) -> None:
    talk.ask("clean it")
    old = shown(talk).hash
    talk.ask("yes but keep the duplicates")
    assert ops(talk) == ["fix_encoding", "drop", "redact"] and shown(talk).hash != old
    talk.ask("also shuffle it")
    assert ops(talk) == ["fix_encoding", "drop", "redact", "shuffle"]
    talk.ask("don't mask the phone numbers")
    redact = next(step for step in shown(talk).recipe.steps if step.op == "redact")
    assert redact.kinds == ("email",)
    stale = talk.approve(old)
    assert any(e["type"] == "stale_approval" for e in stale) and not (home / "prepared").exists()
    talk.approve(shown(talk).hash)
    assert len(rows_of(written(talk, home))) == 76


def test_an_approval_writes_one_file(talk: Session, home: Path) -> None:
    talk.ask("shuffle it")
    digest = shown(talk).hash
    talk.approve(digest)
    again = talk.approve(digest)
    assert "written already" in again[0]["text"]
    assert len(list((home / "prepared").glob("*.jsonl"))) == 1


def test_a_changed_source_is_refused(talk: Session, dirty: Path, home: Path) -> None:
    talk.ask("clean it")
    dirty.write_text(dirty.read_text("utf-8") + "one more question?,yes\n", "utf-8")
    events = talk.ask("go")
    told = " ".join(e.get("text", "") for e in events)
    assert "has changed" in told and "nothing was written" in told
    assert not list((home / "prepared").glob("*.jsonl")) if (home / "prepared").exists() else True


def test_declined(talk: Session, home: Path) -> None:
    talk.ask("clean it")
    talk.ask("no, leave it")
    assert talk.pending is None and not (home / "prepared").exists()


def test_the_plan_comes_back_on_the_new_file(talk: Session, home: Path) -> None:
    talk.ask("teach a model to answer like our team, 2 epochs")
    assert talk.pending is not None and talk.pending.kind == "train"
    talk.ask("mask the emails first")
    assert shown(talk).then is not None
    talk.ask("ok")
    order = talk.pending
    assert order is not None and order.kind == "train" and order.proposal is not None
    assert order.proposal.plan.data.dataset_path == str(written(talk, home))
    assert order.proposal.plan.schedule.num_train_epochs == 2
    events = talk.ask("go")
    assert any(e["type"] == "run_started" for e in events)


def test_a_plan_wished_meanwhile_waits_for_the_file(talk: Session, home: Path) -> None:
    talk.ask("clean it")
    talk.ask("then teach a model to answer like our team, 3 epochs")
    assert shown(talk).then is not None
    talk.ask("go")
    order = talk.pending
    assert order is not None and order.proposal is not None
    assert order.proposal.plan.schedule.num_train_epochs == 3


def test_a_prepared_split_is_kept_by_the_plan(talk: Session, home: Path) -> None:
    talk.ask("split it 80/20 train and validation, seed 7")
    talk.ask("go")
    path = written(talk, home)
    marked = [r["split"] for r in rows_of(path)]
    assert marked.count("validation") == pytest.approx(15, abs=2)
    talk.ask("teach a model to answer like our team")
    order = talk.pending
    assert order is not None and order.proposal is not None
    assert "own_split" in {f.rule for f in order.proposal.findings}
    assert order.proposal.preflight.val_rows == pytest.approx(marked.count("validation"), abs=5)


def test_what_cannot_be_done_is_said(talk: Session) -> None:
    events = talk.ask("drop rows from before 2019")
    told = " ".join(e["text"] for e in events if e["type"] == "message" and e["role"] == "assistant")
    assert talk.pending is None and "can't leave out rows by the values of a column" in told


@pytest.mark.parametrize(
    ("words", "epochs"),
    [
        ("clean it first, then train a bot that answers like us", None),
        ("dedupe it and drop rows with emails in them, then give me a lora plan with 2 epochs", 2.0),
        ("clean up the data and train a bot on it", None),
    ],
)
def test_a_training_wished_in_the_same_breath_follows_on_the_new_file(
    home: Path, words: str, epochs: float | None
) -> None:
    session = Session("both", roots=[SAMPLE_DATA.parent])
    session.give_file(SAMPLE_DATA)
    session.ask(words)
    order = session.pending
    assert order is not None
    assert order.kind == "prepare"
    session.approve(order.hash)
    plan = session.pending
    assert plan is not None
    assert plan.kind == "train"
    assert plan.planned.plan.data.dataset_path.endswith("prepared.jsonl")
    assert epochs is None or plan.planned.plan.schedule.num_train_epochs == epochs
