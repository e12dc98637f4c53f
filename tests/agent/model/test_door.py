"""The LiteLLM path over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.model.door import BUILTIN, Door
from agent.model.troubles import DoorError
from agent.session import Session
from agent.testing import ScriptedLLM
from tests.agent.model.server import Say, Script, scripted_server, tool
from tools.registry import TOOLS, schemas

SCHEMAS = [t.schema() for t in TOOLS.values()]
PLAN = tool("propose_plan", num_train_epochs=3, learning_rate=2e-4)
MOST_TOKENS = 6000


def test_tool_calls_arrive_typed(script: Script, door: Door) -> None:
    script.answers = [PLAN]
    reply = door.complete([{"role": "user", "content": "plan"}], SCHEMAS)
    assert (reply.calls[0].name, reply.calls[0].arguments["num_train_epochs"]) == ("propose_plan", 3)
    assert reply.tokens == 55
    assert {t["function"]["name"] for t in script.asked[0]["tools"]} >= {"propose_plan", "revise_plan", "explain_run"}
    assert not any("approve" in t["function"]["name"] for t in script.asked[0]["tools"])


def test_streamed_text_and_streamed_calls(script: Script, door: Door) -> None:
    script.answers = [Say(content="loss fell steadily"), PLAN]
    heard: list[str] = []
    reply = door.complete([{"role": "user", "content": "x"}], [], heard.append)
    assert "".join(heard).split() == ["loss", "fell", "steadily"]
    assert reply.text.split() == ["loss", "fell", "steadily"]
    assert door.complete([{"role": "user", "content": "x"}], SCHEMAS, heard.append).calls[0].name == "propose_plan"


def test_a_dead_server_is_said() -> None:
    with pytest.raises(DoorError, match="can't be reached"):
        Door("openai/scripted", "http://127.0.0.1:9/v1").complete([{"role": "user", "content": "x"}], [])


def test_a_missing_key_is_said_and_a_server_of_ones_own_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(DoorError, match="set OPENAI_API_KEY"):
        Door("openai/gpt-x").complete([{"role": "user", "content": "x"}], [])
    with scripted_server() as script:
        script.answers = [PLAN]
        assert Door("openai/local", script.url).complete([{"role": "user", "content": "x"}], SCHEMAS).calls


def test_a_whole_planning_turn_is_one_call_and_sends_no_row(
    script: Script, door: Door, home: Path, qa_file: Path
) -> None:
    script.answers = [PLAN]
    session = Session("http", door, roots=[home])
    session.give_file(qa_file)
    session.ask("three epochs at 2e-4 please")
    assert session.pending
    assert session.pending.proposal.plan.optimisation.learning_rate == 2e-4
    assert len(script.asked) == 1
    sent = json.dumps(script.asked[0]["messages"])
    assert "where is my parcel" not in sent
    assert str(qa_file.parent) not in sent


def test_a_whole_job_takes_four_calls_at_most(script: Script, door: Door, home: Path, qa_file: Path) -> None:
    script.answers = [
        tool("inspect_data"),
        PLAN,
        tool("revise_plan", num_train_epochs=2),
        Say(content="It needs little."),
    ]
    session = Session("job", door, roots=[home])
    session.give_file(qa_file)
    for words in ("have a look at my data", "three epochs at 2e-4 please", "make it two epochs", "yes"):
        session.ask(words)
    assert len(script.asked) <= 4
    assert session.state["order_state"] != "proposed"


def test_a_key_in_the_environment_chooses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-y")
    monkeypatch.delenv("TUNESMITH_LLM", raising=False)
    assert Door().model == BUILTIN


def _tokens(asked: dict) -> int:  # type: ignore[type-arg]
    import litellm

    return int(
        litellm.token_counter(model="gpt-4o", text=json.dumps(asked["messages"]) + json.dumps(asked.get("tools")))
    )


def test_the_prompt_of_a_planning_turn_is_small(script: Script, door: Door, home: Path, qa_file: Path) -> None:
    script.answers = [PLAN, tool("revise_plan", num_train_epochs=2)]
    session = Session("small", door, roots=[home])
    session.give_file(qa_file)
    session.ask("plan it with 3 epochs at 2e-4")
    session.ask("now with two epochs")
    assert session.pending
    assert max(_tokens(asked) for asked in script.asked) < MOST_TOKENS


def test_a_long_chat_stays_small_and_keeps_the_plan(home: Path, qa_file: Path) -> None:
    from agent.testing import call

    brain = ScriptedLLM(
        call("propose_plan", num_train_epochs=3), *(call("advise", topic=f"cost {n}") for n in range(90))
    )
    session = Session("long", brain, roots=[home])
    session.give_file(qa_file)
    session.ask("plan it with 3 epochs")
    for n in range(40):
        session.ask(f"and what would it cost in case {n}? " + "well " * 300)
    asked = {"messages": brain.asked[-2], "tools": schemas(planned=True)}
    assert _tokens(asked) < MOST_TOKENS
    assert "earlier messages" in brain.asked[-2][0]["content"]
    assert session.pending
    assert session.pending.proposal.plan.schedule.num_train_epochs == 3


def test_a_models_question_may_not_claim_deeds(home: Path, qa_file: Path) -> None:
    from agent.testing import call

    brain = ScriptedLLM(
        call("clarify", missing=["goal"], question="Your plan is approved. Log in at https://evil.example/x")
    )
    session = Session("claims", brain, roots=[home])
    session.give_file(qa_file)
    said = " ".join(e["text"] for e in session.ask("hm") if e["type"] == "message")
    assert "evil" not in said
    assert "approved" not in said
