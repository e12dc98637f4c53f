"""Telephone numbers: shapes from a table, confirmed by the numbering plans of phonenumbers."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import Any

from trainer.data.content.check import Check, Span
from trainer.data.content.table import Keep, before, disjoint, pattern, runs, spans, table

_TABLE = "personal.yaml"
_FEWEST_DIGITS = 8
"""Of a number that no word announces."""
_NEAR = 32
"""Characters before a number in which a word such as "call" or "order" says what it is."""


_DIGITS = {ord(first) + n: str(n) for first in "०০" for n in range(10)}
"""Hindi's and Bangla's digits: numbers are written with them as well."""


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], Keep], ...]:
    own = table(_TABLE)["phone"]
    return tuple(
        (re.compile(f"{own['left']}(?:{row['find']}){own['right']}"), partial(_is_phone, row)) for row in own["shapes"]
    )


def phones(text: str) -> list[Span]:
    """Telephone numbers in the forms of several countries; numbers of orders, dates and prices are none."""
    text = text.translate(_DIGITS)
    places = runs(pattern(_TABLE, "phone", "run"), text)
    return disjoint([s for shape, keep in _shapes() for s in spans(shape, "phone", text, keep, places)])


def _is_phone(row: dict[str, Any], match: re.Match[str]) -> bool:
    left, value = before(match, _NEAR), match.group()
    announced = bool(pattern(_TABLE, "phone", "cue").search(left))
    if row.get("cue") and not announced:
        return False
    if not announced and (sum(map(str.isdigit, value)) < _FEWEST_DIGITS or _is_other(left, value)):
        return False
    return row["ask"] == "shape" or any(_confirmed(value, region, row["ask"]) for region in row.get("regions", [None]))


def _is_other(left: str, value: str) -> bool:
    """Whether a number nobody announced is a date, or follows a word such as "order"."""
    if value.startswith("+"):
        return False
    said = pattern(_TABLE, "phone", "other").search(left)
    return bool(said or pattern(_TABLE, "phone", "date").fullmatch(value))


def _confirmed(value: str, region: str | None, ask: str) -> bool:
    """Whether the numbering plan of a region has such a number (`valid`), or one of its length (`possible`)."""
    import phonenumbers

    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) if ask == "valid" else phonenumbers.is_possible_number(number)


def checks() -> tuple[Check, ...]:
    """The rule about telephone numbers."""
    return (Check("pii_phone", table(_TABLE)["phone"]["gate"], phones),)
