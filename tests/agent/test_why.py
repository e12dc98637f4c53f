"""Why, in a conversation: rows are never shown to a model, alerts are told once, a replay waits for a yes."""

from __future__ import annotations

from pathlib import Path

from agent.commands import explain
from agent.model.reply import Reply
from agent.session import Session
from agent.testing import ScriptedLLM, call
from tests.trainer.recorded import spiked
from trainer.diagnosis import diagnose
from trainer.diagnosis.record import record_of
from ui.fold import chat_messages


def messages(session: Session) -> list[str]:
    return [e["text"] for e in session.events() if e["type"] == "message" and e["role"] == "assistant"]


def test_rows_are_quoted_to_the_person_and_to_no_model(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    brain = ScriptedLLM(call("explain_run", run_id=run.id), Reply(text="One bad batch at step 38.", tokens=9, usd=0.0))
    session = Session("t", brain)
    session.ask("why did loss spike?")
    assert len(brain.asked) == 2
    assert "aGVsbG8" not in str(brain.asked)
    shown = [m["content"] for m in chat_messages(session.events())]
    assert shown[-2] == "One bad batch at step 38."
    assert "aGVsbG8" in shown[-1]
    session.close()


def test_personal_data_in_quoted_rows_can_be_hidden(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    path = run.folder / "data" / "train.jsonl"
    path.write_text(path.read_text("utf-8").replace("question 77", "mail ann.lee@example.com"), "utf-8")
    shown, hidden = (explain(run.id, "why did loss spike?", None, redact)["text"] for redact in (False, True))
    assert "ann.lee@example.com" in shown
    assert "ann.lee@example.com" not in hidden
    assert "[EMAIL_1]" in hidden


def test_prove_it_waits_for_a_yes_and_a_no_trains_nothing(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    session = Session("t")
    session.ask("why did loss spike?")
    session.ask("prove it")
    order = session.pending
    assert order is not None
    assert order.kind == "replay"
    session.ask("what is a loss?")
    assert session.pending is not None, "a question leaves it on the table"
    session.decline()
    assert session.pending is None
    assert not (run.folder / "replays.jsonl").exists()
    session.close()


def test_alerts_are_told_once(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    finding = next(f for f in diagnose(record_of(run)) if f.label == "bad_batch")
    run.event("alert", step=41, finding=finding.model_dump(mode="json"), holds=False, kept="checkpoint-30")
    session = Session("t")
    session.ask("hello")
    session.warn(run.id)
    session.warn(run.id)
    told = [m for m in messages(session) if "seen at step 41 while it runs" in m]
    assert len(told) == 1
    assert "one bad batch" in told[0]
    run.event(
        "alert", step=50, finding={**finding.model_dump(mode="json"), "label": "divergence"}, holds=True, kept=None
    )
    session.warn(run.id)
    assert "to ask you" in messages(session)[-1]
    session.close()
