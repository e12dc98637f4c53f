"""Tables of SQLite and of a real Postgres server: taken row by row, never written to, the password never told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.trainer.data.sources.postgres import PASSWORD, server
from trainer.data.reading import read
from trainer.data.sources.address import local
from trainer.errors import UserFacingError


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as db:
        db.execute('create table tickets (id integer, code text, body text, price real, raw blob, "odd name:x" text)')
        db.executemany(
            "insert into tickets values (?, ?, ?, ?, ?, ?)",
            [(i, f"{i:03d}", f"text {i} ä 😀\nnext", 1.5, b"\xff\x00" if i else None, "y") for i in range(2500)],
        )
        db.execute("create table other (a text)")
    db.close()
    return path


def sentence(address: str, home: Path) -> str:
    with pytest.raises(UserFacingError) as caught:
        local(address, home)
    return caught.value.sentence()


def test_a_sqlite_table_is_copied_row_by_row(base: Path, tmp_path: Path) -> None:
    before = base.read_bytes()
    path = local(f"sqlite:///{base}#tickets", tmp_path / "home")
    rows = read(path).rows
    assert len(rows) == 2500
    assert rows[7] == {
        "id": 7,
        "code": "007",
        "body": "text 7 ä 😀\nnext",
        "price": 1.5,
        "raw": "/wA=",
        "odd name:x": "y",
    }
    assert base.read_bytes() == before
    assert path == local(f"sqlite:///{base}#tickets", tmp_path / "home")
    assert not list(path.parent.glob("*.part"))


def test_what_is_wrong_with_an_address_is_said(base: Path, tmp_path: Path) -> None:
    assert "has 2 tables" in sentence(f"sqlite:///{base}", tmp_path)
    assert "other, tickets" in sentence(f"sqlite:///{base}", tmp_path)
    assert "Did you mean tickets?" in sentence(f"sqlite:///{base}#tickts", tmp_path)
    assert "no such database file" in sentence(f"sqlite:///{tmp_path}/none.db#t", tmp_path)
    assert not (tmp_path / "none.db").exists()
    assert "cannot be read (file is not a database)" in sentence(f"sqlite:///{_text(tmp_path)}#t", tmp_path)


def _text(folder: Path) -> Path:
    (folder / "notes.db").write_text("only text " * 200)
    return folder / "notes.db"


def test_sqlite_is_opened_read_only(base: Path) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    from trainer.data.sources.sql import _connected, _url

    with (
        _connected(_url(f"sqlite:///{base}"), "x") as connection,
        pytest.raises(OperationalError, match="readonly"),
    ):
        connection.execute(text("insert into other values ('x')"))


def test_an_only_table_needs_no_name_and_bad_utf8_is_marked(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "one.db") as db:
        db.execute("create table t (a text)")
        db.execute("insert into t values (cast(x'61e9' as text)), ('fine')")
    db.close()
    assert read(local(f"sqlite:///{tmp_path}/one.db", tmp_path)).rows == [{"a": "a\udce9"}, {"a": "fine"}]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with server() as running:
        yield running


@pytest.fixture
def address(port: int) -> str:
    import psycopg

    with psycopg.connect(host="127.0.0.1", port=port, user="reader", password=PASSWORD, dbname="postgres") as db:
        db.execute("drop table if exists tickets")
        db.execute("create table tickets (id int, code text, price numeric, at timestamptz, extra jsonb, tags text[])")
        with db.cursor() as cursor, cursor.copy("copy tickets (id, code, price, extra, tags) from stdin") as copy:
            for i in range(5000):
                copy.write_row((i, f"{i:04d} ü 😀", "1.10", '{"a": [1, null]}', "{x,y}"))
        db.execute("update tickets set at = '2024-05-01 10:00:00+00' where id = 0")
    return f"postgresql://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"


def test_a_postgres_table_is_streamed(address: str, tmp_path: Path) -> None:
    path = local(f"{address}#tickets", tmp_path)
    rows = read(path).rows
    assert len(rows) == 5000
    assert next(row for row in rows if row["id"] == 7) == {
        "id": 7, "code": "0007 ü 😀", "price": "1.10", "at": None, "extra": {"a": [1, None]}, "tags": ["x", "y"],
    }  # fmt: skip
    first = next(row for row in rows if row["id"] == 0)
    assert first["at"].startswith("2024-05-01T")
    assert local(address, tmp_path) == path, "the only table needs no name"
    assert read(local(f"{address.replace('postgresql:', 'postgresql+psycopg:')}#public.tickets", tmp_path)).rows


def test_postgres_is_only_read(address: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import InternalError

    from trainer.data.sources.sql import _connected, _url

    with (
        _connected(_url(address), "x") as connection,
        pytest.raises(InternalError, match="read-only"),
    ):
        connection.execute(text("delete from tickets"))


def test_the_password_is_told_nowhere(address: str, port: int, tmp_path: Path) -> None:
    wrong = address.replace(quote(PASSWORD, safe=""), "wr0ng-w0rd")
    said = [sentence(f"{address}#nothing", tmp_path), sentence(f"{wrong}#tickets", tmp_path)]
    said.append(sentence(f"postgresql://u:wr0ng-w0rd@127.0.0.1:{_closed_port()}/x", tmp_path))
    said.append(sentence("postgresql://u:wr0ng-w0rd@[bad/x", tmp_path))
    local(f"{address}#tickets", tmp_path)
    for text in said + [p.name + p.read_text() for p in tmp_path.rglob("*") if p.is_file()]:
        for secret in ("wr0ng-w0rd", PASSWORD, quote(PASSWORD, safe="")):
            assert secret not in text
    assert "has no table nothing" in said[0]


def _closed_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
