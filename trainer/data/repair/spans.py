"""The doctor's content checks, asked by kind about one text."""

from __future__ import annotations

import re
from functools import cache

from trainer.data import content
from trainer.data.content.check import Check, Span

RULE_OF = {
    "email": "pii_email",
    "phone": "pii_phone",
    "card": "pii_card",
    "iban": "pii_iban",
    "ip": "pii_ip",
    "address": "pii_address",
    "name": "pii_name",
    "id_number": "pii_id",
    "key": "secrets",
}
PRIVATE = tuple(RULE_OF.values())


@cache
def check(rule: str) -> tuple[re.Pattern[str] | None, Check] | None:
    """The check of a rule with its gate compiled; None where there is none."""
    found = next((c for c in content.CHECKS if c.rule == rule), None)
    return (_gate(found.gate), found) if found else None


def _gate(pattern: str) -> re.Pattern[str] | None:
    """Gates are written for Rust; one that Python doesn't read lets every text through."""
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def spans_of(text: str, rules: tuple[str, ...]) -> list[Span]:
    """What the rules find in a text."""
    out: list[Span] = []
    for rule in rules:
        known = check(rule)
        if known and (known[0] is None or known[0].search(text)):
            out += known[1].find(text)
    return out
