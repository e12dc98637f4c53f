"""Personal data with a shape of its own: e-mail addresses, IP addresses, cards, accounts, numbers of persons."""

from __future__ import annotations

import ipaddress
import re
from functools import cache, partial

from trainer.data.content.check import Check, Span
from trainer.data.content.table import Keep, before, disjoint, pattern, runs, spans, table, words

_TABLE = "personal.yaml"
_SHORTEST_IBAN = 15
_FEWEST_GROUPS = 4
"""Groups of a v6 address; `a::b` of a program has fewer."""


def emails(text: str) -> list[Span]:
    """E-mail addresses, also those written with (at); names of files with an @ and passwords in a URL are none."""
    return spans(pattern(_TABLE, "email", "find"), "email", text, _is_email)


def _is_email(match: re.Match[str]) -> bool:
    value = match.group()
    local, _, host = value.partition("@")
    if value.rpartition(".")[2].lower() in words(_TABLE, "email", "not_endings") or local.startswith("."):
        return False
    return not host or not re.search(r"://[^\s/@]*$", before(match, 100))


def addresses(text: str) -> list[Span]:
    """IP addresses, v4 and v6, of private networks too. Loopback, netmasks and versions are none."""
    v4 = spans(pattern(_TABLE, "ip", "v4"), "ip", text, _is_v4)
    return v4 + spans(pattern(_TABLE, "ip", "v6"), "ip", text, _is_v6)


def _parsed(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def _is_v4(match: re.Match[str]) -> bool:
    address, left = _parsed(match.group()), before(match, 40)
    if address is None or address.is_loopback or match.group().startswith(("0.", "255.")):
        return False
    if pattern(_TABLE, "ip", "version").search(left):
        return False
    heading = all(len(part) == 1 for part in match.group().split("."))
    return not heading or bool(pattern(_TABLE, "ip", "cue").search(left))


def _is_v6(match: re.Match[str]) -> bool:
    address = _parsed(match.group())
    if address is None or address.is_loopback or address.is_unspecified:
        return False
    groups = [g for g in match.group().split(":") if g]
    return len(groups) >= _FEWEST_GROUPS or match.group().lower().startswith(("fe80:", "2001:", "2a0", "fd", "fc"))


def cards(text: str) -> list[Span]:
    """Numbers of payment cards: an issuer's first digits, its length, and the check digit."""
    return spans(pattern(_TABLE, "card", "find"), "card", text, _is_card)


def _is_card(match: re.Match[str]) -> bool:
    from stdnum import luhn

    digits = re.sub(r"\D", "", match.group())
    if not pattern(_TABLE, "card", "issuer").fullmatch(digits) or not luhn.is_valid(digits):
        return False
    if len(set(digits)) == 1 or not pattern(_TABLE, "card", "unsure").fullmatch(digits):
        return len(set(digits)) > 1
    return bool(pattern(_TABLE, "card", "cue").search(before(match, 40)))


def ibans(text: str) -> list[Span]:
    """International account numbers with the right length and check digits."""
    found = (_iban(m) for m in pattern(_TABLE, "iban", "find").finditer(text))
    return [span for span in found if span]


def _iban(match: re.Match[str]) -> Span | None:
    """The longest start of a match that is an account number: a capital word may follow it."""
    from stdnum import iban

    value = match.group()
    while len(value) >= _SHORTEST_IBAN:
        if iban.is_valid(value, check_country=False):
            return Span(match.start(), match.start() + len(value), "iban")
        value = re.sub(r"[ -]?[A-Za-z0-9]+$", "", value)
    return None


@cache
def _id_numbers() -> tuple[tuple[re.Pattern[str], Keep], ...]:
    own = table(_TABLE)["id"]
    return tuple(
        (re.compile(f"{own['left']}(?:{row['find']}){own['right']}"), partial(_is_id, row)) for row in own["numbers"]
    )


def ids(text: str) -> list[Span]:
    """Numbers that states give to persons, as far as check digits or a word before them tell."""
    places = runs(pattern(_TABLE, "id", "run"), text)
    return disjoint([s for found, keep in _id_numbers() for s in spans(found, "id_number", text, keep, places)])


def _is_id(row: dict[str, str], match: re.Match[str]) -> bool:
    from stdnum import get_cc_module

    if "cue" in row and not re.search(row["cue"], before(match, 40)):
        return False
    module = get_cc_module(row["country"], row["number"]) if "number" in row else None
    return module is None or bool(module.is_valid(match.group()))


def checks() -> tuple[Check, ...]:
    """The rules about personal data with a shape."""
    finders = {"email": emails, "card": cards, "iban": ibans, "ip": addresses, "id": ids}
    return tuple(Check(f"pii_{name}", table(_TABLE)[name]["gate"], find) for name, find in finders.items())
