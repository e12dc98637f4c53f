"""Logs that are no text: TensorBoard's event files, trackio's data bases, Parquet exports."""

import json
import sqlite3
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainer.diagnosis.logs.rows import LogUnreadable, Row

SQLITE, PARQUET = b"SQLite format 3\x00", b"PAR1"
_WIDTHS = {1: 8, 5: 4}
"""Bytes of protobuf's fixed wire types; 0 is a varint, 2 a length and that many bytes."""


def is_event_file(path: Path, head: bytes) -> bool:
    """TensorBoard names its files so; the first record holds the file's version."""
    return ".tfevents." in path.name or b"brain.Event:" in head


def event_rows(path: Path) -> list[Row]:
    """Scalars of an event file, one row a step.

    A record is its length (8 bytes), a checksum (4), an `Event` in protobuf, a checksum; of an Event the fields step
    (2) and summary (5) count, of a summary's value tag (1), simple_value (2) and tensor (8), as in tensorflow's
    event.proto and summary.proto. A torn last record, as a killed run leaves it, ends the log.
    """
    rows: defaultdict[int, Row] = defaultdict(dict)
    for record in _records(path.read_bytes()):
        step, values = 0, []
        for number, value in _fields(record):
            if number == 2:
                step = int(value)
            elif number == 5:
                values += [inner for n, inner in _fields(value) if n == 1]
        for value in values:
            name, scalar = _scalar(value)
            if name and scalar is not None:
                rows[step][name] = scalar
    if not rows:
        raise LogUnreadable("The event file holds no scalars", path.name, "give the file of the run's training metrics")
    return [{"step": step, **row} for step, row in sorted(rows.items())]


def _records(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 12 <= len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        begin = at + 12
        if begin + size > len(data):
            return
        yield data[begin : begin + size]
        at = begin + size + 4


def _fields(data: Any) -> Iterator[tuple[int, Any]]:
    """(number, value) of a protobuf message; a broken one ends where it breaks."""
    at = 0
    while isinstance(data, bytes) and at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 2:
            size, at = _varint(data, at)
            yield number, data[at : at + size]
            at += size
        elif wire in _WIDTHS:
            yield number, data[at : at + _WIDTHS[wire]]
            at += _WIDTHS[wire]
        else:
            return


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
        shift += 7
    return value, at


def _scalar(value: Any) -> tuple[str, float | None]:
    name, scalar = "", None
    for number, part in _fields(value):
        if number == 1 and isinstance(part, bytes):
            name = part.decode("utf-8", "replace")
        elif number == 2 and isinstance(part, bytes) and len(part) == 4:
            scalar = struct.unpack("<f", part)[0]
        elif number == 8:
            scalar = _tensor(part)
    return name, scalar


def _tensor(value: Any) -> float | None:
    """A tensor of one float: in tensor_content (4) or float_val (5), packed or not."""
    for number, part in _fields(value):
        if number in (4, 5) and isinstance(part, bytes) and len(part) == 4:
            return float(struct.unpack("<f", part)[0])
    return None


def trackio_rows(path: Path, run: str | None = None) -> list[Row]:
    """Rows of a trackio data base (table `metrics`: run_name, step, metrics as JSON); by default of its last run."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
            found = base.execute("SELECT run_name, step, metrics FROM metrics ORDER BY id").fetchall()
    except sqlite3.Error as error:
        raise LogUnreadable(
            "This data base holds no log of trackio", f"{path.name}: {error}", "give trackio's file of the project"
        ) from None
    wanted = run or (found[-1][0] if found else None)
    return [{"step": step, **_decoded(metrics)} for name, step, metrics in found if name == wanted]


def _decoded(metrics: Any) -> Row:
    try:
        row = json.loads(metrics)
    except (TypeError, ValueError):
        return {}
    return {str(k): v for k, v in row.items()} if isinstance(row, dict) else {}


def parquet_rows(path: Path) -> list[Row]:
    """Rows of a Parquet export, as trackio and W&B's history artifacts write them."""
    from pyarrow import parquet

    try:
        rows = parquet.read_table(path).to_pylist()
    except Exception as error:  # noqa: BLE001  (whatever the library says of a broken file)
        raise LogUnreadable(
            "The Parquet file is damaged", f"{path.name}: {str(error)[:80]}", "export it again"
        ) from None
    return [row | _decoded(row.get("metrics")) for row in rows]
