"""Parquet and Arrow files, batch by batch."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.data.sources.header import unique
from trainer.data.sources.opened import Gathering, Opened
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem
from trainer.errors import UserFacingError

SAMPLE_GROUPS = 64
"""Row groups (or batches) of a sample."""


@dataclass
class Columnar(Opened):
    """A .parquet, .arrow or .feather file. `line` numbers of its problems count rows."""

    sample: bool = False

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The rows; numbers, texts and truth values stay, all else becomes text as it is written."""
        import pyarrow as pa

        reader = _parquet if self.kind == "parquet" else _arrow
        first = 1
        try:
            with self.blob.on_disk() as path, reader(path, rows, self.sample) as (batches, total):
                for batch in batches:
                    chunk = _chunk(batch, first)
                    first += len(chunk.rows)
                    yield Chunk(chunk.first, chunk.rows, chunk.problems, self.size * first // (total + 1))
        except (pa.ArrowException, OSError) as error:
            name = {"parquet": "a Parquet", "arrow": "an Arrow"}[self.kind]
            raise UserFacingError(
                f"is not {name} file ({str(error)[:80]})", self.blob.name, "Export it again."
            ) from None


def _chunk(batch: Any, first: int) -> Chunk:
    names, _ = unique(batch.schema.names)
    held = Gathering(len(batch), first)
    columns = [_values(batch.column(i), name, held) for i, name in enumerate(names)]
    held.rows = [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return Chunk(first, held.rows, held.problems)


def _values(column: Any, name: str, held: Gathering) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.string())  # Python's datetime would lose the last three digits
    values: list[Any] = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [v if v is None or v - v == 0 else _strange(v, name, i, held) for i, v in enumerate(values)]
    simple = pa.types.is_string(column.type) or pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)
    return values if simple or pa.types.is_large_string(column.type) else [faithful(v) for v in values]


def _strange(value: float, name: str, place: int, held: Gathering) -> str:
    text = "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    row = held.first + place
    what = f"holds {text} in {name}, which is not a number; it is kept as text"
    held.problems.append(ReadProblem(row, what, "not_a_number", row))
    return text


def faithful(value: Any) -> Any:
    """A value of a typed table as JSON can hold it, losing nothing: dates in ISO's form, bytes as text or base64."""
    if isinstance(value, dict):
        return {str(key): faithful(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [faithful(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return _bytes(bytes(value))
    return value if value is None or isinstance(value, str | int | float | bool) else _written(value)


def _written(value: Any) -> str:
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)


def _bytes(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(value).decode("ascii")


Batches = tuple[Iterator[Any], int]


@contextmanager
def _parquet(path: Path, rows: int, sample: bool) -> Iterator[Batches]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        groups = _spread(file.num_row_groups) if sample else None
        total = sum(file.metadata.row_group(g).num_rows for g in groups) if groups else file.metadata.num_rows
        yield file.iter_batches(batch_size=rows, row_groups=groups), total


def sample_share(path: Path, kind: str) -> float:
    """Share of the row groups (or batches) that a sample reads, 0 to 1; 1 for a stream, which has none to choose."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path) if kind == "parquet" else pa.ipc.open_file(path)
    except pa.ArrowException:
        return 1.0
    groups = int(file.num_row_groups if kind == "parquet" else file.num_record_batches)
    return round(len(_spread(groups)) / max(1, groups), 4)


def _spread(groups: int) -> list[int]:
    step = max(1, groups // SAMPLE_GROUPS)
    return list(range(0, groups, step))[:SAMPLE_GROUPS]


@contextmanager
def _arrow(path: Path, rows: int, sample: bool) -> Iterator[Batches]:
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        if path.open("rb").read(6) == b"ARROW1":
            file = pa.ipc.open_file(source)
            wanted = _spread(file.num_record_batches) if sample else range(file.num_record_batches)
            batches: Iterator[Any] = (file.get_batch(i) for i in wanted)
        else:
            batches = iter(pa.ipc.open_stream(source))
        yield _cut(batches, rows), max(1, source.size() // 200)


def _cut(batches: Iterator[Any], rows: int) -> Iterator[Any]:
    for batch in batches:
        for start in range(0, len(batch), rows):
            yield batch.slice(start, rows)
