"""Any file a person drops in -> rows, with their values unchanged.

CSV values stay text ('007' stays '007'); JSON values keep their JSON type. Nothing is dropped
silently: what could not be read is listed with its line.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from trainer.data.encoding import decoded
from trainer.errors import UserFacingError

MAX_BYTES = 2_000_000_000
"""Largest file read whole, in bytes after decompression."""
MAX_RATIO = 200
"""A gzip that grows by more than this is taken for a bomb."""
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".txt", ".md")
READS = "I read " + ", ".join(s[1:] for s in SUFFIXES) + " (also .gz)."

Row = dict[str, Any]


@dataclass(frozen=True)
class ReadProblem:
    """A line that could not be used as it stands."""

    line: int
    what: str


@dataclass(frozen=True)
class Table:
    """Rows as read. Row numbers count from 1 in the order of the file."""

    path: Path
    kind: str
    encoding: str
    fingerprint: str
    bytes: int
    rows: list[Row]
    problems: list[ReadProblem] = field(default_factory=list)


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path) -> Table:
    """Read a file; raises UserFacingError when nothing in it can be used."""
    suffix, raw = _content(path)
    if not raw.strip():
        raise UserFacingError("has 0 rows: the file is empty", path.name, READS)
    reader = _READERS.get(suffix)
    if reader is None:
        raise UserFacingError(f"has an ending I don't know ({suffix or 'none'})", path.name, READS)
    rows, problems, encoding = reader(path, raw)
    if not rows:
        raise _nothing(path, problems)
    return Table(path, suffix[1:], encoding, fingerprint(path), path.stat().st_size, rows, problems)


PEEK_BYTES = 50_000_000
OPEN_QUOTE = 60
"""A cell over more lines than this was probably opened by a stray quote."""


def peek(path: Path) -> tuple[list[str], int | None]:
    """Columns and row count for a conversation's sake; ([], None) when that would be dear or fails."""
    try:
        stat = path.stat()
        return _peeked(path, stat.st_mtime_ns) if stat.st_size <= PEEK_BYTES else ([], None)
    except (OSError, UserFacingError):
        return [], None


@lru_cache(maxsize=16)
def _peeked(path: Path, changed: int) -> tuple[list[str], int]:
    rows = read(path).rows
    return list(dict.fromkeys(name for row in rows[:100] for name in row)), len(rows)


def _nothing(path: Path, problems: list[ReadProblem]) -> UserFacingError:
    if problems:
        first = problems[0]
        return UserFacingError(f"no row could be read; line {first.line}: {first.what}", path.name, READS)
    return UserFacingError("has 0 rows", path.name, "Add at least two rows under the header.")


def _content(path: Path) -> tuple[str, bytes]:
    """The file's ending without .gz, and its bytes, decompressed within limits."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UserFacingError(
            f"is {size / 1e9:.1f} GB; I read up to {MAX_BYTES / 1e9:.0f} GB",
            path.name,
            "Cut it into parts, or take a sample of its rows.",
        )
    if path.suffix.lower() != ".gz":
        return path.suffix.lower(), path.read_bytes()
    return path.with_suffix("").suffix.lower(), _gunzip(path, min(MAX_BYTES, size * MAX_RATIO))


def _gunzip(path: Path, limit: int) -> bytes:
    try:
        with gzip.open(path) as file:
            raw = file.read(limit + 1)
    except (OSError, EOFError) as error:
        raise UserFacingError(f"is not a whole gzip file ({error})", path.name, "Pack it again.") from None
    if len(raw) > limit:
        raise UserFacingError(
            f"grows to more than {limit / 1e6:.0f} MB when unpacked ({MAX_RATIO} times its size)",
            path.name,
            "Unpack it yourself if you trust it.",
        )
    return raw


Read = tuple[list[Row], list[ReadProblem], str]


def _text(path: Path, raw: bytes) -> tuple[str, str]:
    text, encoding = decoded(raw, path.name)
    return text, encoding


def _csv(path: Path, raw: bytes) -> Read:
    text, encoding = _text(path, raw)
    csv.field_size_limit(50_000_000)
    delimiter = "\t" if ".tsv" in path.suffixes else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header: list[str] | None = None
    rows: list[Row] = []
    problems: list[ReadProblem] = []
    before = 0
    for cells in reader:
        begun, before = before + 1, reader.line_num
        if not cells:
            continue
        if reader.line_num - begun > OPEN_QUOTE:
            what = f"a quote opens here and closes {reader.line_num - begun} lines later: is one missing?"
            problems.append(ReadProblem(begun, what))
        elif header is None:
            header = _header(cells, path)
        elif len(cells) != len(header):
            problems.append(ReadProblem(reader.line_num, f"{len(cells)} fields, {len(header)} expected"))
        else:
            rows.append(dict(zip(header, cells, strict=True)))
    return rows, problems, encoding


def _header(cells: list[str], path: Path) -> list[str]:
    cells = [name if name.strip() else f"column_{i}" for i, name in enumerate(cells, start=1)]
    if len(set(cells)) != len(cells):
        raise UserFacingError(
            "the first line must hold a different name for every column",
            path.name,
            f"It reads: {', '.join(cells)[:120]}",
        )
    return cells


def _delimiter(text: str) -> str:
    """The candidate that splits the first lines into the most equal, largest rows."""
    sample = text[:200_000]

    def quality(candidate: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=candidate)
        widths = [len(cells) for cells, _ in zip(reader, range(200), strict=False) if cells][:-1]
        widths = widths or [len(sample.splitlines()[0].split(candidate))]
        usual = max(set(widths), key=widths.count)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    return max(",;\t|", key=quality)


def _jsonl(path: Path, raw: bytes) -> Read:
    text, encoding = _text(path, raw)
    rows: list[Row] = []
    problems: list[ReadProblem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(ReadProblem(number, _json_fault(line, error)))
            continue
        if isinstance(value, dict):
            rows.append(value)
        else:
            problems.append(ReadProblem(number, "is not an object {...}"))
    return rows, problems, encoding


def _json_fault(line: str, error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, json.JSONDecodeError) and ("Unterminated" in error.msg or error.pos >= len(line.rstrip()) - 1):
        return f"is cut off: ...{line.rstrip()[-30:]!r}"
    return f"is not JSON ({error}): {line[:40]!r}"


def _json(path: Path, raw: bytes) -> Read:
    text, encoding = _text(path, raw)
    try:
        document = json.loads(text)
    except RecursionError:
        raise UserFacingError("is nested too deeply", path.name, "Flatten it.") from None
    except ValueError as error:
        if "\n{" in text.strip():
            return _jsonl(path, raw)
        raise UserFacingError(
            f"is not whole JSON ({error})", path.name, "Export the file again, or use .jsonl."
        ) from None
    return _records(document, path), [], encoding


def _records(document: Any, path: Path) -> list[Row]:
    """Rows of a list, of a list under a key, of objects by id, or of an object of lists."""
    if isinstance(document, list):
        good = [row for row in document if isinstance(row, dict)]
        if len(good) == len(document):
            return good
        raise UserFacingError("the list holds values that are not objects", path.name, READS)
    if isinstance(document, dict):
        lists = {k: v for k, v in document.items() if isinstance(v, list)}
        for value in sorted(lists.values(), key=len, reverse=True):
            if value and all(isinstance(row, dict) for row in value):
                return value
        if lists and len({len(v) for v in lists.values()}) == 1:
            return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]
        if document and all(isinstance(v, dict) for v in document.values()):
            return list(document.values())
    raise UserFacingError("I find no list of rows in it", path.name, READS)


def _parquet(path: Path, raw: bytes) -> Read:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(raw))
    except (pa.ArrowException, OSError) as error:
        raise UserFacingError(f"is not a Parquet file ({str(error)[:80]})", path.name, "Export it again.") from None
    return table.to_pylist(), [], "parquet"


def _plain(path: Path, raw: bytes) -> Read:
    """Paragraphs where blank lines part them, else lines."""
    text, encoding = _text(path, raw)
    lines = text.replace("\r\n", "\n").split("\n")
    wrapped = any(not line.strip() for line in lines[:-1]) and len(lines) > 20
    pieces = text.replace("\r\n", "\n").split("\n\n") if wrapped else lines
    return [{"text": p.strip("\n")} for p in pieces if p.strip()], [], encoding


_READERS = {
    ".csv": _csv,
    ".tsv": _csv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
    ".txt": _plain,
    ".md": _plain,
}
