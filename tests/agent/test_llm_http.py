"""The LiteLLM path over real HTTP: an OpenAI-compatible server that answers by script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent import llm
from agent.llm import BUILTIN, Door, DoorError
from agent.session import Session
from agent.understanding import schemas

PLAN = {"name": "propose_plan", "arguments": json.dumps({"num_train_epochs": 3, "learning_rate": 2e-4})}


class Script:
    """What the server answers, in order; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[dict[str, Any]] = []
        self.url = ""


def _message(answer: Any) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"role": "assistant", "content": answer}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": answer}]}


class Handler(BaseHTTPRequestHandler):
    script: Script

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.script.asked.append(body)
        answer = self.script.answers.pop(0)
        if isinstance(answer, int):
            self._send(answer, b'{"error": {"message": "scripted", "type": "x"}}')
        elif isinstance(answer, bytes):
            self._send(200, answer, "text/html")
        elif body.get("stream"):
            self._stream(_message(answer))
        else:
            whole = {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "message": _message(answer), "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55},
            }
            self._send(200, json.dumps(whole).encode())

    def _send(self, code: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, message: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if message.get("tool_calls"):
            deltas = [
                {"role": "assistant", "tool_calls": [{**c, "index": i} for i, c in enumerate(message["tool_calls"])]}
            ]
        else:
            deltas = [{"role": "assistant", "content": w + " "} for w in message["content"].split()]
        for delta in deltas:
            self._chunk({"index": 0, "delta": delta, "finish_reason": None})
        self._chunk({"index": 0, "delta": {}, "finish_reason": "stop"})
        self.wfile.write(b"data: [DONE]\n\n")

    def _chunk(self, choice: dict[str, Any]) -> None:
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    made = Script()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Scripted", (Handler,), {"script": made}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/v1"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setattr(llm, "RETRIES", 0)
    yield made
    server.shutdown()
    server.server_close()


def door(script: Script) -> Door:
    return Door("openai/scripted", script.url)


def test_tool_calls_arrive_typed(script: Script) -> None:
    script.answers = [PLAN]
    reply = door(script).complete([{"role": "user", "content": "plan"}], schemas())
    assert (reply.calls[0].name, reply.calls[0].arguments["num_train_epochs"]) == ("propose_plan", 3)
    assert reply.tokens == 55
    assert {t["function"]["name"] for t in script.asked[0]["tools"]} >= {"propose_plan", "revise_plan", "explain_run"}
    assert not any("approve" in t["function"]["name"] for t in script.asked[0]["tools"])


def test_streamed_text_and_streamed_calls(script: Script) -> None:
    script.answers = ["loss fell steadily", PLAN]
    heard: list[str] = []
    reply = door(script).complete([{"role": "user", "content": "x"}], [], heard.append)
    assert "".join(heard).split() == ["loss", "fell", "steadily"]
    assert reply.text.split() == ["loss", "fell", "steadily"]
    assert (
        door(script).complete([{"role": "user", "content": "x"}], schemas(), heard.append).calls[0].name
        == "propose_plan"
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (401, "refused the key"),
        (429, "too often"),
        (500, "scripted"),
        (404, "not known"),
        (b"<html>hello</html>", "no usable answer"),
        ("", "no usable answer"),
    ],
)
def test_faults_become_plain_reasons(script: Script, answer: Any, words: str) -> None:
    script.answers = [answer] * 4
    with pytest.raises(DoorError) as caught:
        door(script).complete([{"role": "user", "content": "x"}], [])
    assert words in str(caught.value)
    assert "sk-test" not in str(caught.value)


def test_a_dead_server_is_said(script: Script) -> None:
    with pytest.raises(DoorError):
        Door("openai/scripted", "http://127.0.0.1:9/v1").complete([{"role": "user", "content": "x"}], [])


def test_a_whole_planning_turn_over_http(script: Script, home: Path, qa_file: Path) -> None:
    script.answers = [PLAN]
    session = Session("http", door(script), roots=[home])
    session.give_file(qa_file)
    session.ask("three epochs at 2e-4 please")
    assert session.pending
    assert session.pending.proposal.plan.optimisation.learning_rate == 2e-4
    assert len(script.asked) == 1
    sent = json.dumps(script.asked[0]["messages"])
    assert "where is my parcel" not in sent  # no row leaves the machine


def test_a_failing_provider_loses_nothing(script: Script, home: Path, qa_file: Path) -> None:
    script.answers = [500, 500, 500]
    session = Session("down", door(script), roots=[home])
    session.give_file(qa_file)
    events = session.ask("train a model to answer these questions, 2 epochs")
    assert any(e.get("notice") for e in events)
    assert session.pending


def test_a_key_in_the_environment_chooses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-y")
    monkeypatch.delenv("TUNESMITH_LLM", raising=False)
    assert Door().model == BUILTIN


def test_the_prompt_of_a_planning_turn_is_small(script: Script, home: Path, qa_file: Path) -> None:
    script.answers = [PLAN, PLAN]
    session = Session("small", door(script), roots=[home])
    session.give_file(qa_file)
    session.ask("plan it")
    session.ask("now with two epochs")
    import litellm

    sent = script.asked[-1]
    text = json.dumps(sent["messages"]) + json.dumps(sent["tools"])
    assert litellm.token_counter(model="gpt-4o", text=text) < 6000
