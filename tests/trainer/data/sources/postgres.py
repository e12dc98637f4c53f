"""A Postgres server of the tests' own, from Debian's packages; skipped with a reason where there are none."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "s3cret pass/word"


def programs() -> Path:
    """The folder with initdb and postgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    which = shutil.which("initdb")
    if not found and not which:
        pytest.skip("PostgreSQL is not installed: run `make postgres`")
    return found[-1].parent if found else Path(which or "").parent


def as_someone() -> dict[str, object]:
    """Postgres refuses to run as root, so another user is taken where the tests do."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL can't run as root and there is no other user to run it")


@contextmanager
def server() -> Iterator[int]:
    """A running server; gives its port on 127.0.0.1. The user is 'reader', the password PASSWORD."""
    bin_folder, who = programs(), as_someone()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # not pytest's folder, which only its owner may enter
    try:
        folder.chmod(0o755)
        if who:
            os.chown(folder, who["user"], who["group"])  # type: ignore[arg-type]
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["-U", "reader", "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C"]
        run(bin_folder / "initdb", "-D", folder / "data", *options, who=who)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [bin_folder / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1"]
        process = subprocess.Popen(
            [*map(str, command), "-F"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **who
        )  # type: ignore[call-overload]
        try:
            wait_for(port, process)
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # at once: SIGTERM would wait for open connections
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(*command: object, who: dict[str, object]) -> None:
    words = [str(c) for c in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd="/", check=False, **who)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr[-500:]


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    for _ in range(100):
        assert process.poll() is None, "postgres ended"
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="reader", password=PASSWORD, dbname="postgres", connect_timeout=2
            ).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("postgres did not start")
