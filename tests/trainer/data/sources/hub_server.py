"""The few answers of the Hugging Face Hub that fetching a data set needs, from this machine."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REVISION = "a" * 40


@dataclass(frozen=True)
class Shelf:
    """One data set."""

    name: str
    files: dict[str, bytes]
    seen: list[tuple[str, str]]

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        head = f"/datasets/{self.name}/resolve/{REVISION}/"
        if path.startswith(f"/api/datasets/{self.name}"):
            siblings = [{"rfilename": f, "size": len(raw)} for f, raw in self.files.items()]
            info = {"id": self.name, "sha": REVISION, "siblings": siblings, "private": False, "tags": []}
            return 200, json.dumps(info | {"downloads": 0}).encode(), {"content-type": "application/json"}
        if path.startswith(head) and (raw := self.files.get(path.removeprefix(head))) is not None:
            return 200, raw, {"etag": f'"{zlib.crc32(raw):08x}"', "x-repo-commit": REVISION}
        return 404, b"{}", {"x-error-code": "RepoNotFound"}


class Handler(BaseHTTPRequestHandler):
    """Answers from the server's shelf."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.wfile.write(self.send())

    def do_HEAD(self) -> None:
        self.send()

    def send(self) -> bytes:
        shelf: Shelf = self.server.shelf  # type: ignore[attr-defined]
        shelf.seen.append((self.path, self.headers.get("authorization") or ""))
        code, raw, headers = shelf.answer(self.path.split("?")[0])
        self.send_response(code)
        for key, value in (headers | {"content-length": str(len(raw))}).items():
            self.send_header(key, value)
        self.end_headers()
        return raw


@contextmanager
def hub(name: str, files: dict[str, bytes], seen: list[tuple[str, str]] | None = None) -> Iterator[str]:
    """Serve one data set; gives the endpoint. `seen` gets (path, authorization) of every request."""
    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.shelf = Shelf(name, files, [] if seen is None else seen)  # type: ignore[attr-defined]
    threading.Thread(target=served.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{served.server_port}"
    finally:
        served.shutdown()
        served.server_close()
