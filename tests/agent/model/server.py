"""An OpenAI-compatible server on 127.0.0.1 that answers by script, faults included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Say:
    """One answer of the server."""

    content: str | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is, instead of a completion."""
    finish: str = "stop"
    delay: float = 0.0
    """Seconds before anything is sent."""
    cut: bool = False
    """Break the connection in the middle of the stream."""
    tokens: int = 55


def tool(name: str, /, raw: str | None = None, **arguments: Any) -> Say:
    """An answer that calls a tool; `raw` is sent as the arguments, whatever it is."""
    written = json.dumps(arguments) if raw is None else raw
    return Say(calls=[{"id": "c1", "type": "function", "function": {"name": name, "arguments": written}}])


@dataclass
class Script:
    """What the server answers, in order; keeps what it was asked."""

    answers: list[Say] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    script: Script

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.script.asked.append(body)
        say = self.script.answers.pop(0)
        time.sleep(say.delay)
        with suppress(BrokenPipeError):  # a client that has given up waiting
            self._answer(say, bool(body.get("stream")))

    def _answer(self, say: Say, streamed: bool) -> None:
        if say.status != 200 or say.body is not None:
            error = {"error": {"message": "scripted, your key sk-test-0123456789abcdef", "type": "x"}}
            self._send(say.status, say.body if say.body is not None else json.dumps(error).encode(), say.headers)
        elif streamed:
            self._stream(say)
        else:
            self._send(200, json.dumps(_whole(say)).encode(), {"Content-Type": "application/json"})

    def _send(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, say: Say) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": w + " "} for w in (say.content or "").split()]
        if say.calls:
            calls = [{**c, "index": i} for i, c in enumerate(say.calls)]
            deltas.append({"role": "assistant", "tool_calls": calls})
        for delta in deltas[: 1 if say.cut else None]:
            self._chunk({"index": 0, "delta": delta, "finish_reason": None})
        if say.cut:
            self.close_connection = True
            return
        self._chunk({"index": 0, "delta": {}, "finish_reason": say.finish})
        self.wfile.write(b"data: [DONE]\n\n")

    def _chunk(self, choice: dict[str, Any]) -> None:
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, *args: Any) -> None:
        pass


def _whole(say: Say) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": say.content}
    if say.calls:
        message["tool_calls"] = say.calls
    usage = {"prompt_tokens": say.tokens - 5, "completion_tokens": 5, "total_tokens": say.tokens}
    choice = {"index": 0, "message": message, "finish_reason": say.finish}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }


@contextmanager
def scripted_server() -> Iterator[Script]:
    """The server, for as long as it is needed."""
    script = Script()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Scripted", (_Handler,), {"script": script}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
