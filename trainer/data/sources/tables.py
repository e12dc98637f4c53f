"""A table in text looked at: its dialect and its header."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from trainer.data.encoding import Encoding
from trainer.data.sources.blob import Blob
from trainer.data.sources.delimited import Delimited
from trainer.data.sources.dialect import Dialect, parsed, sniff
from trainer.data.sources.header import has_header, unique
from trainer.data.sources.lines import LOOKED_AT
from trainer.data.sources.source import Source
from trainer.errors import UserFacingError

_SURE = 8
"""Records in a row that must fit to be sure of where one begins."""


def open_table(blob: Blob, found: Encoding, notes: dict[str, Any], ending: str) -> Source:
    """A CSV, TSV or the like."""
    first = first_lines(blob, found)
    dialect = sniff(first, tabs=ending in (".tsv", ".tab"), spaces=ending in (".ssv", ".csv", ".tab", ".tsv"))
    records = parsed(first[dialect.before :], dialect, strict=False).records
    if not records:
        raise UserFacingError("has 0 rows", blob.name, "Add a header and at least two rows under it.")
    width = max(len(records[0]), _width(records))
    named = has_header(records[0], records[1:])
    header, twice = unique([*records[0], *[""] * (width - len(records[0]))] if named else [""] * width)
    notes |= {"delimiter": dialect.said} | ({} if named else {"header": "none"})
    notes |= {"renamed": twice} if twice else {}
    notes |= {"preamble": dialect.before} if dialect.before else {}
    notes |= {"quotes": dialect.quotechar or "none"} if dialect.quotechar != '"' else {}
    return Delimited(blob, "tsv" if dialect.delimiter == "\t" else "csv", found, notes, dialect, header, named)


def first_lines(blob: Blob, found: Encoding) -> list[str]:
    """The first whole lines, with their ends."""
    raw = blob.head(LOOKED_AT)
    text = raw[found.mark :].decode(found.codec, "replace")
    lines = list(io.StringIO(text, newline=""))
    return lines[:-1] if len(raw) == LOOKED_AT and len(lines) > 1 else lines


def _width(records: list[list[str]]) -> int:
    """One more than the header has, when every record ends with a delimiter and the header doesn't."""
    wider = [r for r in records[1:] if len(r) == len(records[0]) + 1]
    every = len(records) > 2 and len(wider) == len(records) - 1
    return len(records[0]) + (every and any(r[-1] for r in wider))


def begins_record(dialect: Dialect, width: int, codec: str) -> Callable[[bytes], bool]:
    """A test whether bytes begin with whole records of a table, not in the middle of a cell."""

    def begins(ahead: bytes) -> bool:
        lines = ahead.decode(codec, "replace").splitlines(keepends=True)[:-1]
        records = list(islice(_by_quotes(lines, dialect.quotechar or "\0"), _SURE))
        return all(_is_record(record, dialect, width) for record in records)

    return begins


def _is_record(lines: list[str], dialect: Dialect, width: int) -> bool:
    found = parsed(lines, dialect)
    return not found.failures and [len(r) for r in found.records] == [width]


def _by_quotes(lines: list[str], quote: str) -> Iterator[list[str]]:
    """Lines up to where the number of quotes is even: whole records, if the first line begins one."""
    record: list[str] = []
    for line in lines:
        record.append(line)
        if sum(part.count(quote) for part in record) % 2 == 0:
            yield record
            record = []
