"""Times as people and programs write them -> seconds, with the order of day and month read from all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

_NUMBERS = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[\sT,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\s*([APap])\.?\s?[Mm]\.?)?)?"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([APap])\.?\s?[Mm]\.?)?")
_EPOCH = (1e8, 1e11)
"""Numbers in this range are seconds since 1970; a thousand times as many are milliseconds."""
_NOON = 12


def day_first(times: Iterable[Any]) -> bool:
    """Whether 03/04/24 is the 3rd of April: told by numbers over 12, else by am and pm, which go with month first."""
    halves = False
    for value in times:
        match = _NUMBERS.match(str(value).strip("[] \u200e"))
        if match and len(match[1]) <= 2:
            if int(match[1]) > _NOON:
                return True
            if int(match[2]) > _NOON:
                return False
            halves = halves or bool(match[7])
    return not halves


def seconds(value: Any, day_before_month: bool = True) -> float | None:
    """Seconds since 1970 (UTC where no zone is written); of a bare clock time, since midnight. None: no time."""
    if isinstance(value, datetime):
        return _stamp(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(float(value))
    text = str(value or "").strip("[] \u200e\u202f").replace("\u202f", " ")
    if not text:
        return None
    try:
        return _stamp(datetime.fromisoformat(text))
    except ValueError:
        return _numeric(text, day_before_month)


def _numeric(text: str, day_before_month: bool) -> float | None:
    if re.fullmatch(r"\d{9,13}(?:\.\d+)?", text):
        return _epoch(float(text))
    if match := _NUMBERS.fullmatch(text):
        a, b, c = int(match[1]), int(match[2]), int(match[3])
        year, month, day = (a, b, c) if len(match[1]) > 2 else (c, b, a) if day_before_month else (c, a, b)
        return _built((year + 2000 if year < 100 else year, month, day), match.groups()[3:])
    if match := _CLOCK.fullmatch(text):
        return _built((1970, 1, 1), match.groups())
    return _any_form(text, day_before_month)


def _built(date: tuple[int, int, int], clock: tuple[str | None, ...]) -> float | None:
    hour, minute, second = (int(part or 0) for part in clock[:3])
    half = (clock[3] or "").lower()
    hour = hour % _NOON + (_NOON if half == "p" else 0) if half else hour
    try:
        return _stamp(datetime(*date, hour, minute, second))
    except ValueError:
        return None


def _any_form(text: str, day_before_month: bool) -> float | None:
    """'12 March 2024, 9:14 am' and the like."""
    from dateutil import parser  # type: ignore[import-untyped]

    try:
        return _stamp(parser.parse(text, dayfirst=day_before_month, default=datetime(1970, 1, 1)))
    except (ValueError, OverflowError):
        return None


def _epoch(number: float) -> float | None:
    for scale in (1, 1e3, 1e6):
        if _EPOCH[0] <= number / scale < _EPOCH[1]:
            return number / scale
    return None


def _stamp(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
