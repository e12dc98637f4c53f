"""The few answers of the Hugging Face Hub that fetching a data set needs, from this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REVISION = "a" * 40


@contextmanager
def hub(name: str, files: dict[str, bytes], seen: list[tuple[str, str]] | None = None) -> Iterator[str]:
    """Serve one data set; gives the endpoint. `seen` gets (path, authorization) of every request."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def _answer(self, body: bool) -> None:
            if seen is not None:
                seen.append((self.path, self.headers.get("authorization") or ""))
            path = self.path.split("?")[0]
            head = f"/datasets/{name}/resolve/{REVISION}/"
            if path.startswith(f"/api/datasets/{name}"):
                siblings = [{"rfilename": f, "size": len(raw)} for f, raw in files.items()]
                info = {"id": name, "sha": REVISION, "siblings": siblings, "private": False, "tags": [], "downloads": 0}
                self._send(200, json.dumps(info).encode(), {"content-type": "application/json"}, body)
            elif path.startswith(head) and path.removeprefix(head) in files:
                raw = files[path.removeprefix(head)]
                tags = {"etag": f'"{hash(raw) & 0xFFFFFFFF:08x}"', "x-repo-commit": REVISION}
                self._send(200, raw, tags, body)
            else:
                self._send(404, b"{}", {"x-error-code": "RepoNotFound"}, body)

        def _send(self, code: int, raw: bytes, headers: dict[str, str], body: bool) -> None:
            self.send_response(code)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            if body:
                self.wfile.write(raw)

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_port}"
    finally:
        served.shutdown()
        served.server_close()
