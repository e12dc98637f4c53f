"""What the values of a column look like: asked or answered, date, id, label, turns of a conversation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from trainer.data.shape.columns import Row
from trainer.data.shape.names import listed
from trainer.data.shape.turns import keys_of

LOOKED_AT = 400
"""Rows whose text is looked at, spread over all."""
_ASKS = re.compile(r"[?？؟]\s*[\"'»”」)]?\s*(?:$|\n)|[?？؟]\s+\S")
_JITTER = 7919
"""A prime that moves each sampled row within its stretch."""
_ONE_THING = 200
"""A text longer than this is no number, date or address."""
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_CODE = re.compile(r"(?=[\w#./:-]*\d)[\w#./:-]{1,40}")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|<?[\w.+-]+@[\w.-]+>?")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?\s?%?")
_INTEGER = re.compile(r"[-+]?\d+")
_LINK = re.compile(r"https?://\S+")
_DATE = re.compile(
    r"\[?(?:\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}"
    r"|(?:\w{2,9}\.?,? )?\d{1,2}\.?[ -]\w{3,12}\.?[ -,]+\d{2,4}"
    r"|(?:\w{3,9},? )?\w{3,9}\.? \d{1,2},? \d{4}|\d{4}년 ?\d{1,2}월 ?\d{1,2}일)"
    r"(?:[T ,]+.{0,24})?\]?"
)


_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE = re.compile(r"[.!?;,:\n]+\s*")
_LONGEST = 4
"""Words in the longest phrase of the table."""
_HEAD = 1200
"""Letters of a text that are looked at; who asks or answers shows early."""


@dataclass(frozen=True)
class _Phrases:
    """Phrases of a kind: those of scripts with spaces by their words, the others by their letters."""

    spaced: frozenset[str]
    unspaced: tuple[str, ...]


@lru_cache(maxsize=1)
def _phrases() -> dict[str, _Phrases]:
    raw: dict[str, str] = yaml.safe_load((Path(__file__).parent / "signs.yaml").read_text("utf-8"))
    made = {}
    for kind, line in raw.items():
        entries = [" ".join(_WORD.findall(e.casefold())) if e.isascii() or e[0] < _INDIC else e for e in listed(line)]
        spaced = frozenset(e for e in entries if e[:1] < _INDIC)
        made[kind] = _Phrases(spaced, tuple(e for e in entries if e[:1] >= _INDIC))
    return made


_INDIC = "\u0590"
"""From here on scripts whose words a letter pattern does not find: Arabic with its prefixes, Indic, CJK."""


@lru_cache(maxsize=8192)
def leaning(text: str) -> int:
    """How much a text asks (above 0) or answers (below 0)."""
    head, kinds = text[:_HEAD].casefold(), _phrases()
    runs = _runs(_WORD.findall(head))
    wide = not head.isascii()
    asks = 2 * (_ASKS.search(head) is not None) + _opens(head, wide) + bool(_met(kinds["asking"], runs, head, wide))
    return asks - min(_met(kinds["replying"], runs, head, wide), 4)


def _runs(words: list[str]) -> set[str]:
    """Every run of one to four words."""
    runs = set(words)
    for size in range(2, _LONGEST + 1):
        runs.update(" ".join(words[i : i + size]) for i in range(len(words) - size + 1))
    return runs


def _met(phrases: _Phrases, runs: set[str], head: str, wide: bool) -> int:
    """How many of the phrases occur."""
    return len(phrases.spaced & runs) + (sum(p in head for p in phrases.unspaced) if wide else 0)


def _opens(head: str, wide: bool) -> bool:
    """Whether a sentence near the start begins like a question or a wish."""
    phrases = _phrases()["opening"]
    for sentence in _SENTENCE.split(head[:300]):
        words = _WORD.findall(sentence)[:_LONGEST]
        if any(" ".join(words[:n]) in phrases.spaced for n in range(1, len(words) + 1)):
            return True
    return False


@dataclass(frozen=True)
class Signs:
    """Shares (0 to 1) of the looked-at values of one column, and a few counts."""

    looked: int
    texts: int
    """Values that are strings."""
    chars: float
    """Mean length in characters."""
    words: float
    distinct: float
    """Distinct values over values."""
    number: float
    integer: float
    date: float
    code: float
    """One word with a digit in it, no longer than 40 letters."""
    uuid: float
    email: float
    link: float
    asks: float
    replies: float
    values: frozenset[str]
    """The values themselves, casefolded, as long as they are few and short."""
    turns: str = ""
    """Keys of conversation turns in its lists: from/value, role/content; 'json' before it when they are text."""

    @property
    def prose(self) -> bool:
        """Whether these are words to read: no dates, ids, addresses or numbers."""
        return max(self.number, self.date, self.uuid, self.email, self.link) < 0.7 and self.code < 0.8


def sample(rows: list[Row], most: int = LOOKED_AT) -> list[Row]:
    """At most `most` rows, spread over all; not every n-th, which in a chat would be one speaker's."""
    step = max(1, -(-len(rows) // most))
    return [rows[min(at + at // step * _JITTER % step, len(rows) - 1)] for at in range(0, len(rows), step)]


def signs_of(name: str, rows: list[Row]) -> Signs:
    """The signs of one column in the given (few) rows."""
    values = [v for row in rows if (v := row.get(name)) not in (None, "", [], {})]
    texts = [v if isinstance(v, str) else str(v) for v in values if not isinstance(v, list | dict)]
    stripped = [t.strip() for t in texts]
    lean = [leaning(t) for t in stripped]
    distinct = set(stripped) if stripped else {str(v) for v in values}
    few = len(distinct) <= 60 and all(len(t) <= 60 for t in distinct)
    return Signs(
        looked=len(values),
        texts=sum(isinstance(v, str) for v in values),
        chars=_mean(map(len, texts)),
        words=_mean(len(t.split()) for t in texts),
        distinct=len(distinct) / max(len(values), 1),
        number=_share(_NUMBER, stripped),
        integer=_share(_INTEGER, stripped),
        date=_share(_DATE, stripped),
        code=_share(_CODE, stripped),
        uuid=_share(_UUID, stripped),
        email=_share(_EMAIL, stripped),
        link=_share(_LINK, stripped),
        asks=sum(x > 0 for x in lean) / max(len(lean), 1),
        replies=sum(x < 0 for x in lean) / max(len(lean), 1),
        values=frozenset(t.casefold() for t in distinct) if few else frozenset(),
        turns=turn_keys(values),
    )


def _mean(numbers: Iterable[int]) -> float:
    listed_numbers = list(numbers)
    return sum(listed_numbers) / max(len(listed_numbers), 1)


def _share(pattern: re.Pattern[str], texts: list[str]) -> float:
    return sum(len(t) <= _ONE_THING and pattern.fullmatch(t) is not None for t in texts) / max(len(texts), 1)


def turn_keys(values: list[Any]) -> str:
    """'from/value' where the first good value is a list of such objects; 'json from/value' where it is text."""
    for value in values[:20]:
        if isinstance(value, list) and value:
            return _keys(value)
        if isinstance(value, str) and value.lstrip()[:1] == "[" and (parsed := parsed_list(value)):
            keys = _keys(parsed)
            return f"json {keys}" if keys else ""
    return ""


def parsed_list(text: str) -> list[Any] | None:
    """A JSON list in a text; None when it is broken or something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _keys(turns: list[Any]) -> str:
    found = keys_of(turns[0]) if isinstance(turns[0], dict) else None
    return "/".join(found) if found else ""
