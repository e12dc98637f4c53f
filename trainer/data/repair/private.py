"""Private values: which rule finds which kind, placeholders for them, and how they may be shown."""

from __future__ import annotations

import re
from functools import cache

from trainer.data import content
from trainer.data.content.redaction import FINDERS, Mapping, found, redact

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
"""Kind -> rule of the doctor."""


class Redactor:
    """Placeholders for private values: the same value gets the same placeholder in the whole file."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self.kinds = kinds
        self._mapping = Mapping()

    def __call__(self, text: str) -> str:
        """The text with [EMAIL_1] and the like for what is private."""
        return self.only(self.kinds, text)

    def only(self, kinds: tuple[str, ...], text: str) -> str:
        """The same for some of the kinds."""
        asked = [kind for kind in kinds if _may_hold(kind, text)]
        return redact(text, kinds, self._mapping) if asked else text

    def summary(self) -> str:
        """How many different values were found of each kind."""
        return ", ".join(f"{kind.replace('_', ' ')}: {n:,} different" for kind, n in self._mapping.counts.items())


def _may_hold(kind: str, text: str) -> bool:
    gate = _gate(RULE_OF[kind])
    return gate is None or gate.search(text) is not None


@cache
def _gate(rule: str) -> re.Pattern[str] | None:
    """A rule's gate. They are written for Rust; one that Python doesn't read lets every text through."""
    pattern = next((check.gate for check in content.CHECKS if check.rule == rule), "")
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def masked(text: str) -> str:
    """The text as it may be shown: a•••@•••, never the value."""
    for span in sorted(found(text, FINDERS), key=lambda s: s.start, reverse=True):
        dots = "•••@•••" if span.kind == "email" else "•••"
        text = f"{text[: span.start]}{text[span.start]}{dots}{text[span.end :]}"
    return text
