"""Reading of the tables of patterns beside the code, once, on first use."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from trainer.data.content.check import Span

HERE = Path(__file__).parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,300}`", re.DOTALL)
_MARGIN = 12
"""Characters after a run of digits that a look-ahead may ask for."""
Keep = Callable[[re.Match[str]], bool]
Finder = Callable[[str], list[Span]]


@cache
def table(name: str) -> Any:
    """The content of a YAML table that lies in this folder."""
    return yaml.load((HERE / name).read_text("utf-8"), Loader=_LOADER)


def alternatives(fragments: list[str] | str) -> str:
    """Fragments of regular expressions as one, tried in order; each keeps the flags it starts with."""
    if isinstance(fragments, str):
        return fragments
    return "|".join(re.sub(r"\A\(\?([ims]+)\)(.*)", r"(?\1:\2)", f, flags=re.DOTALL) for f in fragments)


@cache
def pattern(name: str, *path: str) -> re.Pattern[str]:
    """The compiled fragments under a path of a table."""
    entry = table(name)
    for key in path:
        entry = entry[key]
    return re.compile(alternatives(entry))


@cache
def words(name: str, *path: str) -> frozenset[str]:
    """The words of a table's line, parted by blanks."""
    entry = table(name)
    for key in path:
        entry = entry[key]
    return frozenset(str(entry).split())


def spans(
    found: re.Pattern[str], kind: str, text: str, keep: Keep | None = None, runs: list[tuple[int, int]] | None = None
) -> list[Span]:
    """All matches as spans (within runs, where given); those `keep` turns down are left out.

    A group whose name starts with `hit` is the span.
    """
    places = [(0, len(text))] if runs is None else runs
    matches = (m for place in places for m in found.finditer(text, *place) if _whole(m) and (keep is None or keep(m)))
    return [Span(*_place(m), kind) for m in matches]


def _whole(match: re.Match[str]) -> bool:
    """Whether a match ends in its run, not where the search was cut off."""
    return match.endpos == len(match.string) or match.end() <= match.endpos - _MARGIN


def runs(run: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Where the characters stand that a number can be made of, with what follows them."""
    return [(m.start(), m.end() + _MARGIN) for m in run.finditer(text)]


@cache
def _told(name: str, *path: str) -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    entry = table(name)
    for key in path:
        entry = entry[key]
    return tuple((tuple(row["say"].split("|")), re.compile(row["find"])) for row in entry)


def told(name: str, path: tuple[str, ...], kind: str, text: str, keep: Keep | None = None) -> list[Span]:
    """Matches of the rows `{say: words, find: expression}` under a path, none inside another.

    An expression is tried only where one of its words stands (small letters, parted by |): far quicker.
    """
    small = text.lower()
    rows = (found for words, found in _told(name, *path) if any(word in small for word in words))
    return disjoint([span for found in rows for span in spans(found, kind, text, keep)])


def _place(match: re.Match[str]) -> tuple[int, int]:
    named = next((name for name in match.re.groupindex if name.startswith("hit") and match.start(name) >= 0), None)
    return match.span(named) if named else match.span()


def before(match: re.Match[str], characters: int) -> str:
    """What stands before a match on its line, at most so many characters."""
    left = match.string[max(0, match.start() - characters) : match.start()]
    return left.rpartition("\n")[2]


def outside_code(text: str, found: list[Span]) -> list[Span]:
    """The spans that don't lie in a fenced block or an inline piece of code."""
    if not found or "`" not in text:
        return found
    code = [m.span() for m in _CODE.finditer(text)]
    starts = [start for start, _ in code]
    return [s for s in found if not (at := bisect_right(starts, s.start)) or code[at - 1][1] <= s.start]


def disjoint(found: list[Span]) -> list[Span]:
    """Spans in order; of those that overlap the longest, of equals the first named."""
    chosen: list[Span] = []
    for span in sorted(found, key=lambda s: s.start - s.end):
        at = bisect_right(chosen, span.start, key=lambda s: s.start)
        if (not at or chosen[at - 1].end <= span.start) and (at == len(chosen) or span.end <= chosen[at].start):
            chosen.insert(at, span)
    return chosen


def replaced(text: str, found: list[Span], by: Callable[[str, str], str]) -> str:
    """The text with each span replaced by what `by` makes of its kind and characters. Spans must not overlap."""
    pieces, at = [], 0
    for span in found:
        pieces += [text[at : span.start], by(span.kind, text[span.start : span.end])]
        at = span.end
    return "".join([*pieces, text[at:]])
