"""Lines of a chat export (WhatsApp, Slack, IRC, 'Agent: ...') -> rows of time, speaker and text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from trainer.data.shape.names import listed
from trainer.data.shape.turns import aliases

Row = dict[str, Any]
LOOKED_AT = 400
"""Lines by which the kind of a log is told."""
NOTICE, MEDIA = "notice", "media"
"""Notes of rows that nobody said: a notice of the program, a picture left out of the export."""
SOURCE_ROWS = "source_rows"
"""Column of log rows: the rows of the source that a message was written over."""
_MANY_NAMES = 12


@dataclass(frozen=True)
class Kind:
    """A kind of chat log: its name, the pattern of a line that begins a turn, and how many lines must match."""

    name: str
    pattern: re.Pattern[str]
    share: float


@lru_cache(maxsize=1)
def _raw() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "chatlog.yaml").read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """The kinds of the table, the surest first."""
    return tuple(Kind(p["name"], re.compile(p["pattern"]), p["share"]) for p in _raw()["patterns"])


@lru_cache(maxsize=1)
def _notes() -> tuple[tuple[str, str], ...]:
    return tuple((words, MEDIA) for words in listed(_raw()["media"])) + tuple(
        (words, NOTICE) for words in listed(_raw()["notices"])
    )


def kind_of(texts: Iterable[str]) -> Kind | None:
    """The kind of log that the texts are lines of; None for plain text."""
    lines = list(islice((line for t in texts for line in t.splitlines() if line.strip()), LOOKED_AT))
    for kind in kinds():
        heads = [m for line in lines if (m := kind.pattern.match(line))]
        if len(heads) >= max(2, kind.share * len(lines)) and _people(heads, kind):
            return kind
    return None


def _people(heads: list[re.Match[str]], kind: Kind) -> bool:
    """Two speakers or more who come back; bare 'Name:' lines must name a side, or come back often."""
    names = [(m["speaker"] or "").strip().casefold() for m in heads]
    different = {n for n in names if n}
    if kind.name != "named lines":
        return len(different) >= 2
    known = {aliases().get(n.rstrip(" 0123456789")) for n in different}
    few = 2 <= len(different) <= min(_MANY_NAMES, max(2, len(names) // 4)) and len(names) >= 6
    return {"user", "assistant"} <= known or few


def log_rows(
    rows: Iterable[tuple[int, Row]], column: str = "text", kind: Kind | None = None
) -> Iterator[tuple[int, Row]]:
    """Source rows of text -> rows {time, speaker, text, thread, note, source_rows}, each with the row it began in.

    `thread` is the source row where one row holds a whole conversation, else None. Lines that begin no
    turn go on with the last one. `note` is '' for what somebody said, else notice or media.
    Without `kind` it is told from the first rows. Nothing is left out: text before the first turn is a notice.
    """
    numbered = iter(rows)
    first = list(islice(numbered, LOOKED_AT))
    kind = kind or kind_of(str(row.get(column) or "") for _, row in first)
    whole = kind is not None and _whole_conversations(kind, [str(row.get(column) or "") for _, row in first])
    pending: tuple[int, Row] | None = None
    for number, row in _chain(first, numbered):
        for line in str(row.get(column) or "").splitlines() or [""]:
            begun = _begun(line, kind, number if whole else None)
            if begun is None and pending and (not whole or pending[0] == number):
                _goes_on(pending[1], line, number)
                continue
            if pending:
                yield _noted(pending)
            pending = number, (begun or _turn(None, None, line, number if whole else None)) | {SOURCE_ROWS: [number]}
    if pending:
        yield _noted(pending)


def _goes_on(turn: Row, line: str, number: int) -> None:
    turn["text"] = f"{turn['text']}\n{line}" if turn["text"] else line
    if turn[SOURCE_ROWS][-1] != number:
        turn[SOURCE_ROWS].append(number)


def _chain(first: list[tuple[int, Row]], rest: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    yield from first
    yield from rest


def _whole_conversations(kind: Kind, texts: list[str]) -> bool:
    """Whether each row holds several turns, as an export with one conversation a row does."""
    turns = [sum(kind.pattern.match(line) is not None for line in t.splitlines()) for t in texts if t.strip()]
    return bool(turns) and sum(n >= 2 for n in turns) >= 0.7 * len(turns)


def _begun(line: str, kind: Kind | None, thread: int | None) -> Row | None:
    match = kind.pattern.match(line) if kind else None
    if match is None:
        return None
    found = match.groupdict()
    return _turn(found.get("time"), found.get("speaker"), found.get("text") or "", thread)


def _turn(time: str | None, speaker: str | None, text: str, thread: int | None) -> Row:
    return {"time": time, "speaker": speaker.strip() if speaker else None, "text": text, "thread": thread}


def _noted(turn: tuple[int, Row]) -> tuple[int, Row]:
    number, row = turn
    said = row["text"].strip("\u200e \n").casefold()
    long = len(said) > 200
    note = next((n for words, n in _notes() if (said == words if n == MEDIA else words in said and not long)), "")
    row["text"] = row["text"].rstrip("\n")
    return number, row | {"note": note or ("" if row["speaker"] else NOTICE)}
