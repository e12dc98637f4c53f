"""A crash's log -> its known cause and fix; an unknown one is said to be unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

TAIL = 20_000
"""Characters at the end of a log in which the crash stands."""
MESSAGE = 12_000
"""Characters of a stack trace with its message."""
_LAST = re.compile(r"^(?:[\w.]*(?:Error|Exception|Interrupt|Exit))\b.*$", re.MULTILINE)
_WHERE = re.compile(r'^\s*File "([^"]+)", line (\d+), in (\S+)', re.MULTILINE)


@dataclass(frozen=True)
class Crash:
    """What a stack trace tells."""

    line: str
    """The exception's own line, cut to 300 letters."""
    where: str
    """The last place in the trace: 'train.py, line 12, in step'; '' where it is not told."""
    name: str | None = None
    """The cause's name in the table; None: not known."""
    cause: str = ""
    fix: str = ""


@dataclass(frozen=True)
class _Known:
    name: str
    phrases: tuple[str, ...]
    cause: str
    fix: str


@cache
def table() -> tuple[_Known, ...]:
    """The known crashes."""
    rows = yaml.safe_load(Path(__file__).with_name("crashes.yaml").read_text("utf-8"))
    return tuple(_Known(r["name"], tuple(r["phrases"]), r["cause"], r["fix"]) for r in rows)


def crash_in(log: str) -> Crash | None:
    """The last crash in a log; None where it holds no stack trace."""
    text = log[-TAIL:]
    start = text.rfind("Traceback (most recent call last)")
    errors = list(_LAST.finditer(text, max(0, start)))
    if start < 0 or not errors:
        return None
    end = text.find("\n\n", errors[-1].end())
    text = text[start : end if end >= 0 else len(text)][:MESSAGE]
    place, known = _WHERE.findall(text), _known(text)
    where = f"{Path(place[-1][0]).name}, line {place[-1][1]}, in {place[-1][2]}" if place else ""
    line = errors[-1].group()[:300]
    return Crash(line, where) if known is None else Crash(line, where, known.name, known.cause, known.fix)


def _known(text: str) -> _Known | None:
    """The row whose phrase stands last: later lines tell what earlier ones led to."""
    found = [(text.rfind(phrase), -n, row) for n, row in enumerate(table()) for phrase in row.phrases]
    place, _, row = max(found, key=lambda f: f[:2])
    return row if place >= 0 else None
