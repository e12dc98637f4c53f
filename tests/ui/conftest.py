"""A page of its own for the browser tests, and a headless Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start the page as a person would; returns when it answers."""
    command = [sys.executable, "-c", "from ui.cli import main; main()", "ui", "--port", str(port)]
    with log.open("ab") as out:
        page = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ.copy())
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).read(1)
            return page
        except OSError:
            time.sleep(0.25)
    page.kill()
    raise AssertionError(f"the page did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def page_url(home: Path) -> Iterator[str]:
    port = free_port()
    process = serve(port, home / "page.log")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    if found is None:
        pytest.skip("no Chromium here: `make chromium` installs it")
    return found
