"""Columns about the row, which nobody trains on: id, date, split, group, speaker, language."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from trainer.data.shape.look import Claim, Look, silent
from trainer.data.shape.signs import Signs
from trainer.data.shape.turns import aliases

_REPEATS = 0.95
"""Ids over this share of distinct values are ids of rows; below it they name a group of rows."""


def extras_of(look: Look, free: list[str]) -> dict[str, Claim]:
    """The best column for each; a column plays one part only."""
    found: dict[str, Claim] = {}
    for extra, judge in _JUDGES.items():
        claims = [c for name in free if name not in _taken(found) and (c := judge(look, name))]
        if claims:
            found[extra] = max(claims, key=lambda c: c.confidence)
    return found


def about_the_row(look: Look, name: str) -> bool:
    """Whether a column plainly is one of these, be it the best or not."""
    return any((claim := judge(look, name)) and claim.confidence >= 0.8 for judge in _JUDGES.values())


def _taken(found: dict[str, Claim]) -> set[str]:
    return {claim.column for claim in found.values()}


def _split(look: Look, name: str) -> Claim | None:
    if not look.plain(name) or not look.within(name, "split"):
        return None
    return Claim(name, 0.97, "its values are " + ", ".join(sorted(look.signs[name].values)[:3]))


def _date(look: Look, name: str) -> Claim | None:
    signs, score = look.signs[name], look.name_score("date", name)
    if not look.plain(name):
        return None
    if signs.date >= 0.8:
        return Claim(name, round(0.9 + 0.08 * score, 2), f"{signs.date:.0%} of its values are dates")
    if score >= 0.8 and signs.integer >= 0.95 and 9 <= signs.chars <= 17:
        return Claim(name, 0.85, "named like a date; seconds since 1970")
    return None


def _language(look: Look, name: str) -> Claim | None:
    if not look.plain(name) or not look.within(name, "language"):
        return None
    score = look.name_score("language", name)
    if score:
        return Claim(name, round(0.9 + 0.08 * score, 2), "named like a language; holds language codes")
    several = len(look.signs[name].values) > 1 and not look.name_score("label", name)
    return Claim(name, 0.7, "its values are language codes") if several and silent(name) else None


def _short(signs: Signs) -> bool:
    return signs.words <= 4 and signs.chars <= 60


def _id(look: Look, name: str) -> Claim | None:
    signs, score = look.signs[name], look.name_score("id", name)
    if not look.plain(name) or signs.distinct < _REPEATS or signs.date > 0.8 or signs.email > 0.5:
        return None
    if score and (signs.code >= 0.9 or (signs.words <= 1 and signs.chars <= 40)):
        return Claim(name, round(0.85 + 0.13 * score, 2), "named like an id; every value once")
    if look.total < 3 or look.name_score("label", name):
        return None
    if signs.uuid >= 0.9 or (signs.code >= 0.95 and signs.number < 0.5 and signs.words <= 1):
        return Claim(name, 0.85, "one code a row, every value once")
    return Claim(name, 0.8, "numbers that count up") if signs.integer >= 0.95 and _counts_up(look, name) else None


def _counts_up(look: Look, name: str) -> bool:
    """Whole numbers in rising (or falling) order: what counts rows, not what answers them."""
    said = [str(v) for row in look.rows if (v := row.get(name)) not in (None, "")]
    numbers = [int(v) for v in said if re.fullmatch(r"[+-]?[0-9]{1,18}", v)]
    rising = sum(a < b for a, b in pairwise(numbers))
    return len(numbers) > 2 and max(rising, len(numbers) - 1 - rising) >= 0.95 * (len(numbers) - 1)


def _group(look: Look, name: str) -> Claim | None:
    signs = look.signs[name]
    score = max(look.name_score("group", name), look.name_score("id", name) * (signs.distinct < _REPEATS))
    if not look.plain(name) or signs.date > 0.8 or not _short(signs):
        return None
    if signs.email >= 0.8:
        return Claim(name, 0.9, "holds e-mail addresses")
    times = "values repeat" if signs.distinct < _REPEATS else "one a row"
    if score >= 0.6 and signs.chars and signs.link < 0.5 and not _could_be_said(look, name):
        sure = 0.82 + 0.13 * score if signs.distinct < _REPEATS else 0.7
        return Claim(name, round(sure, 2), f"named like a customer or thread; {times}")
    codes = signs.code >= 0.95 and signs.number < 0.5 and 0.02 < signs.distinct < _REPEATS and signs.chars >= 4
    return Claim(name, 0.7, "codes that repeat") if codes and silent(name) and not look.few_short(name) else None


def _could_be_said(look: Look, name: str) -> bool:
    """A column named 'customer' may hold what customers write: it names them when its values are codes or repeat."""
    asked = max(look.name_score("prompt", name), look.name_score("completion", name))
    return bool(asked) and look.signs[name].code < 0.9 and look.signs[name].distinct > 0.8


def _speaker(look: Look, name: str) -> Claim | None:
    signs = look.signs[name]
    if not look.plain(name) or signs.words > 4 or signs.date > 0.8 or look.columns[name].distinct < 2:
        return None
    known = {aliases().get(v) for v in signs.values} & {"user", "assistant"}
    share = sum(v in aliases() for v in signs.values) / max(len(signs.values), 1)
    score = look.name_score("speaker", name)
    if len(known) == 2 and share >= 0.6:
        return Claim(name, round(0.88 + 0.1 * score, 2), "its values are sides of a conversation")
    return Claim(name, round(0.5 + 0.25 * score, 2), "named like who speaks") if score >= 0.6 else None


_JUDGES: dict[str, Callable[[Look, str], Claim | None]] = {
    "split": _split,
    "date": _date,
    "language": _language,
    "id": _id,
    "group": _group,
    "speaker": _speaker,
}
