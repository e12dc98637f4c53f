"""The answer's number is the reference's."""

from __future__ import annotations

import math
import re
import unicodedata
from itertools import pairwise

from trainer.rewards.answers import Answer

TOLERANCE = 1e-6
"""Relative difference up to which two numbers are the same."""
_MONEY = "$€£¥₹"
_MINUS = re.compile(rf"[−–‒﹣](?=[{_MONEY}]?[.\d])")
_SPACED = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_TEX = re.compile(r"\\[dt]?frac\s?\{\s?(-?[\d.]+)\s?\}\s?\{\s?([\d.]+)\s?\}")
_NUMBER = re.compile(
    r"(?:(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)|\d+)(?:\.\d+)?|(?<![\w.])\.\d+)(?:[eE][-+]?\d{1,3}(?!\w))?"
)
_PERCENT = re.compile(r"\s?(?:%|per ?cent\b)")


def number(answer: Answer) -> float | None:
    """1 when the answer's number equals the reference's within 1e-6 of its size, else 0; None without a reference's.

    Whole numbers have to be the same: the tolerance is for rounding, and 1,450,001 is no rounded 1,450,000.
    Taken is the number after the last `####` (GSM8K's sign for the result), else the last number of all. A per cent
    sign may be written or left out, and 50 % is also 0.5. `1.234,56` is not read as a decimal comma.
    """
    wanted = result(answer.reference)
    if wanted is None:
        return None
    given = result(answer.final)
    return float(given is not None and any(_equal(a, b) for a in given for b in wanted))


def result(text: str) -> tuple[float, ...] | None:
    """The number a text ends in, in each sense it may have (50 % is 50 and 0.5); None where there is none."""
    _, mark, after = text.rpartition("####")
    if mark and (marked := numbers(after)):
        return marked[0]
    found = numbers(text)
    return found[-1] if found else None


def numbers(text: str) -> list[tuple[float, ...]]:
    """Every number of a text in order, each in all its senses."""
    plain = _plain(text)
    matches = [m for m in _NUMBER.finditer(plain) if not _in_a_word(plain, m.start())]
    found: list[tuple[float, ...]] = []
    at = 0
    while at < len(matches):
        value, used = _read(plain, matches[at : at + 4])
        at += used
        if math.isfinite(value):
            end = matches[at - 1].end()
            found.append((value, value / 100) if _PERCENT.match(plain, end) else (value,))
    return found


def _read(text: str, ahead: list[re.Match[str]]) -> tuple[float, int]:
    """The value that begins at the first match, and how many matches it takes: one, 1/2 two, 1 1/2 three."""
    sign = -1.0 if _negative(text, ahead[0].start()) else 1.0
    gaps = [text[a.end() : b.start()] for a, b in pairwise(ahead)]
    values = [float(m[0].replace(",", "")) for m in ahead]
    if gaps[:1] == [" "] and _slash(gaps[1:]) and values[0].is_integer() and values[1] < values[2]:
        return sign * (values[0] + values[1] / values[2]), 3
    if _slash(gaps) and values[1] and not text.startswith("/", ahead[0].start() - 1):
        return sign * values[0] / values[1], 2
    return sign * values[0], 1


def _slash(gaps: list[str]) -> bool:
    """Whether a fraction begins here; 1/2/2020 is a date."""
    return bool(gaps) and gaps[0].strip() == "/" and gaps[1:2] != ["/"]


def _negative(text: str, start: int) -> bool:
    """Whether a minus belongs to the number: -3, -$3 and $-3 do, 10-3 and 10 - 3 don't."""
    before = text[max(0, start - 3) : start]
    if before and before[-1] in _MONEY:
        before = before[:-1]
    return before.endswith("-") and not re.search(r"[\w)\]%]-$", before)


def _in_a_word(text: str, start: int) -> bool:
    """Whether the digits belong to a name: H2O, x1."""
    return start > 0 and (text[start - 1].isalpha() or text[start - 1] == "_")


def _plain(text: str) -> str:
    """The text with one way to write a sign, a fraction and a thousand."""
    whole = "".join(map(_letter, text)).replace("{,}", ",")
    whole = _SPACED.sub(",", _MINUS.sub("-", whole))
    return _TEX.sub(r"\1/\2", whole).replace("\\$", "$").replace("\\%", "%")


def _letter(letter: str) -> str:
    """Full-width forms as plain ones; ½ as 1/2, which may follow a whole number."""
    if letter <= "\x7f":
        return letter
    if "！" <= letter <= "～":
        return chr(ord(letter) - 0xFEE0)
    decomposed = unicodedata.normalize("NFKC", letter)
    return f" {decomposed.replace('⁄', '/')}" if "⁄" in decomposed and len(decomposed) > 1 else letter.replace("⁄", "/")


def _equal(a: float, b: float) -> bool:
    if a.is_integer() and b.is_integer():
        return a == b
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-12)
