"""A small server that speaks OpenAI's fine-tuning protocol, with the faults a real one has."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-a-secret-of-the-test"
METRICS = [(1, 2.5, 2.4), (2, 1.5, 1.6), (3, 0.9, 1.1)]


@dataclass
class Service:
    """What the server knows and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[str, int]] = field(default_factory=list)
    """(method and path as a pattern, status): each answers one matching request; 0 closes the connection."""
    lose_answers: int = 0
    """Jobs that are begun while their answer is lost."""
    looks_until_done: int = 3
    outcome: str = "succeeded"
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


class _Handler(BaseHTTPRequestHandler):
    service: Service

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def _answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _handle(self) -> None:
        service, path = self.service, self.path.split("?")[0].removeprefix("/v1")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service.asked.append((self.command, path))
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._answer(401, {"error": {"message": f"bad key {self.headers.get('Authorization')}"}})
        for number, (pattern, status) in enumerate(service.faults):
            if re.fullmatch(pattern, f"{self.command} {path}"):
                service.faults.pop(number)
                if status == 0:
                    self.close_connection = True
                    return None
                return self._answer(status, {"error": {"message": f"fault {status}", "code": "planned"}})
        return self._route(f"{self.command} {path}", body)

    do_GET = do_POST = do_DELETE = _handle

    def _route(self, what: str, body: bytes) -> None:
        if what == "POST /files":
            return self._file(body)
        if what == "POST /fine_tuning/jobs":
            return self._create(json.loads(body))
        if what == "GET /fine_tuning/jobs":
            return self._answer(200, {"object": "list", "data": [*self.service.jobs.values()][::-1], "has_more": False})
        if found := re.fullmatch(r"DELETE /files/(.+)", what):
            self.service.deleted.append(found[1])
            return self._answer(200, {"id": found[1], "object": "file", "deleted": True})
        if found := re.fullmatch(r"\w+ /fine_tuning/jobs/([^/]+)(/\w+)?", what):
            return self._job(self.service.jobs[found[1]], found[2] or "")
        return self._answer(404, {"error": {"message": f"no {what}"}})

    def _file(self, body: bytes) -> None:
        boundary = self.headers["Content-Type"].split("boundary=")[1].strip('"').encode()
        part = next(p for p in body.split(b"--" + boundary) if b'name="file"' in p)
        name = f"file-{len(self.service.files) + 1}"
        self.service.files[name] = part.split(b"\r\n\r\n", 1)[1].rstrip(b"\r\n") + b"\n"
        file = {"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "fine-tune"}
        self._answer(200, file | {"status": "processed"})

    def _create(self, body: dict[str, Any]) -> None:
        service = self.service
        service.bodies.append(body)
        name = f"ftjob-{len(service.jobs) + 1}"
        service.jobs[name] = {
            "id": name, "object": "fine_tuning.job", "created_at": 100, "finished_at": None, "model": body["model"],
            "fine_tuned_model": None, "organization_id": "org", "status": "queued", "error": None, "result_files": [],
            "hyperparameters": {"n_epochs": 1}, "seed": 1, "trained_tokens": None, "looks": 0,
            "training_file": body["training_file"], "validation_file": body.get("validation_file"),
        }  # fmt: skip
        if service.lose_answers:
            service.lose_answers -= 1
            self.close_connection = True
            return
        self._answer(200, service.jobs[name])

    def _job(self, job: dict[str, Any], rest: str) -> None:
        if rest == "/cancel":
            job["status"] = "cancelled"
        elif rest == "/events":
            return self._events(job)
        else:
            self._advance(job)
        return self._answer(200, job)

    def _advance(self, job: dict[str, Any]) -> None:
        job["looks"] += 1
        if job["status"] in ("queued", "running"):
            job["status"] = "running" if job["looks"] < self.service.looks_until_done else self.service.outcome
        if job["status"] == "succeeded":
            job |= {"fine_tuned_model": f"ft:{job['model']}:x", "trained_tokens": 4321, "cost_usd": 0.25}
        if job["status"] == "failed":
            job["error"] = {"code": "invalid", "message": "row 3 is too long", "param": None}

    def _events(self, job: dict[str, Any]) -> None:
        told = [
            {
                "id": f"ev-{step}", "object": "fine_tuning.job.event", "created_at": 100 + step, "level": "info",
                "message": f"Step {step}/3", "type": "metrics",
                "data": {"step": step, "train_loss": loss, "valid_loss": val, "total_steps": 3},
            }
            for step, loss, val in METRICS[: job["looks"]]
        ]  # fmt: skip
        self._answer(200, {"object": "list", "data": told[::-1], "has_more": False})


@contextmanager
def serving(port: int = 0, service: Service | None = None) -> Iterator[Service]:
    """The server on a free port of this machine, or on the one it had before."""
    service = service or Service()
    handler = type("Handler", (_Handler,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        service.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield service
        finally:
            server.shutdown()
