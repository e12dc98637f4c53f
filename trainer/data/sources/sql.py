"""A table of a database -> a JSONL file on this machine. The database is only ever read."""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from trainer.data.sources.columnar import faithful
from trainer.data.sources.numbers import json_text
from trainer.errors import UserFacingError
from trainer.fields import nearest

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

_DATABASES = ("sqlite", "postgresql", "postgres", "mysql", "mariadb")
_BATCH = 1000
_SHOWN = 20


def knows(scheme: str) -> bool:
    """Whether a URL with this scheme names a database."""
    return scheme.partition("+")[0] in _DATABASES


def take(address: str, folder: Path) -> Path:
    """Copy `url#table` into a JSONL file under `folder`; the same table goes to the same file each time.

    Without #table the only table is taken. Raises UserFacingError, which never holds the password.
    """
    text, _, table = address.partition("#")
    url = _url(text)
    shown = f"{url.render_as_string(hide_password=True)}"
    with _connected(url, shown) as connection:
        source = _table(connection, table, shown)
        mark = hashlib.sha256(f"{shown}#{source}".encode()).hexdigest()[:8]
        target = folder / f"{re.sub(r'[^A-Za-z0-9_-]+', '_', source)[:60]}-{mark}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        _copy(connection, source, target)
    return target


def _url(text: str) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError):
        scheme = text.partition(":")[0]
        raise UserFacingError(
            "is not a database address I understand", f"{scheme}:...", "Write sqlite:///file.db#table."
        ) from None
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


@contextmanager
def _connected(url: URL, shown: str) -> Iterator[Connection]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = _engine(url)
        try:
            with engine.connect() as connection:
                _read_only(connection)
                yield connection
        finally:
            engine.dispose()
    except ImportError as error:
        raise UserFacingError(
            f"needs a driver that is not installed ({error.name})", shown, "Run: pip install 'tunesmith[postgres]'."
        ) from None
    except SQLAlchemyError as error:
        raise UserFacingError(_reason(error, url), shown, "Check the address and that the database runs.") from None


def _engine(url: URL) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    if url.get_backend_name() == "sqlite":
        engine = create_engine(f"sqlite:///file:{_sqlite_file(url)}?mode=ro&uri=true", poolclass=NullPool)
        event.listen(engine, "connect", _lenient_text)
        return engine
    options = {"connect_timeout": 10}
    if url.get_backend_name() == "postgresql":
        options |= {"options": "-c default_transaction_read_only=on"}  # type: ignore[dict-item]
    return create_engine(url, poolclass=NullPool, connect_args=options, hide_parameters=True)


def _sqlite_file(url: URL) -> str:
    """The path of an SQLite file as a part of a URI."""
    from urllib.parse import quote

    path = Path(url.database or "").expanduser()
    if not url.database or not path.exists() or not stat.S_ISREG(path.stat().st_mode):
        raise UserFacingError("there is no such database file", str(path), "Write sqlite:///file.db#table.")
    return quote(str(path.resolve()))


def _lenient_text(connection: Any, _record: object) -> None:
    """Text that is not UTF-8 is kept with marks instead of ending the copy."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")


def _read_only(connection: Connection) -> None:
    """The database itself refuses to write from here on; rows come from one moment."""
    from sqlalchemy import text

    if connection.dialect.name in ("mysql", "mariadb"):
        connection.execute(text("SET TRANSACTION READ ONLY"))
    elif connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _table(connection: Connection, wanted: str, shown: str) -> str:
    """The table asked for, or the only one."""
    from sqlalchemy import inspect

    look = inspect(connection)
    names = [*look.get_table_names(), *look.get_view_names()]
    schema, _, _inner = wanted.rpartition(".")
    if schema and wanted not in names and schema in look.get_schema_names():
        names = [f"{schema}.{n}" for n in (*look.get_table_names(schema), *look.get_view_names(schema))]
    if wanted and wanted not in names:
        raise UserFacingError(f"has no table {wanted}", shown, nearest(wanted, names) or _listed(names))
    if not wanted and len(names) != 1:
        what = f"has {len(names)} tables" if names else "has no table"
        raise UserFacingError(what, shown, f"Name one after a #. {_listed(names)}" if names else "Fill one first.")
    return wanted or names[0]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"It has: {', '.join(names[:_SHOWN])}{more}."


def _copy(connection: Connection, table: str, target: Path) -> None:
    """Stream the rows into the file; it appears only when it is whole."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", errors="backslashreplace", dir=target.parent, suffix=".part", delete=False
    ) as out:
        try:
            _write(connection, table, out)  # type: ignore[arg-type]
        except BaseException:
            Path(out.name).unlink(missing_ok=True)
            raise
    Path(out.name).replace(target)


def _write(connection: Connection, table: str, out: TextIO) -> None:
    from sqlalchemy import text

    quote = connection.dialect.identifier_preparer.quote_identifier
    name = ".".join(quote(part) for part in _parts(connection, table))
    room = shutil.disk_usage(Path(out.name).parent).free // 2
    select = text(f"SELECT * FROM {name.replace(':', chr(92) + ':')}")  # a colon would name a parameter
    result = connection.execute(select, execution_options={"stream_results": True, "yield_per": _BATCH})
    names = list(result.keys())
    for rows in result.partitions(_BATCH):
        for row in rows:
            out.write(json_text({n: faithful(v) for n, v in zip(names, row, strict=True)}) + "\n")
        if out.tell() > room:
            raise UserFacingError("is larger than half of the free disk", table, "Copy a part of it to a file.")


def _parts(connection: Connection, table: str) -> list[str]:
    from sqlalchemy import inspect

    look = inspect(connection)
    whole = table in look.get_table_names() or table in look.get_view_names()
    return [table] if whole else table.rsplit(".", 1)


def _reason(error: Exception, url: URL) -> str:
    """The database's own first line, without the password."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()[0][:160]
    password = str(url.password or "")
    return f"cannot be read ({said.replace(password, '***') if password else said})"
