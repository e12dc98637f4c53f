"""Personal data and keys replaced by placeholders, the same value always by the same one."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from trainer.data.content import addresses, names, personal, phones, secrets
from trainer.data.content.check import Span
from trainer.data.content.table import disjoint, replaced

FINDERS: dict[str, Callable[[str], list[Span]]] = {
    "key": secrets.secrets,
    "email": personal.emails,
    "iban": personal.ibans,
    "card": personal.cards,
    "id_number": personal.ids,
    "ip": personal.addresses,
    "phone": phones.phones,
    "address": addresses.places,
    "name": names.names,
}
"""Kinds that can be redacted; of overlapping finds of one length the first named wins."""
_WORDS = {"id_number": "ID"}
_ROUNDS = 5


def _fresh_key() -> bytes:
    return os.urandom(16)


@dataclass
class Mapping:
    """Which value became which placeholder, without the values: a keyed hash stands for each.

    Next month's file gets the same placeholders if the mapping is kept. Whoever holds it can test a guess
    (is this number in it?), so it is to be kept as the original is.
    """

    key: bytes = field(default_factory=_fresh_key)
    seen: dict[str, str] = field(default_factory=dict)
    """Hash of kind and value -> placeholder."""
    counts: dict[str, int] = field(default_factory=dict)

    def placeholder(self, kind: str, value: str) -> str:
        """[EMAIL_1], [PHONE_2], ... for a value; spelling variants of one value share it."""
        plain = f"{kind}:{_alike(kind, value)}"
        mark = hmac.new(self.key, plain.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
        if mark not in self.seen:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.seen[mark] = f"[{_WORDS.get(kind, kind.upper())}_{self.counts[kind]}]"
        return self.seen[mark]

    def dumps(self) -> str:
        """The mapping as JSON."""
        return json.dumps({"key": self.key.hex(), "seen": self.seen, "counts": self.counts}, indent=1)

    @classmethod
    def loads(cls, text: str) -> Mapping:
        """A mapping from its JSON. Raises ValueError or KeyError for anything else."""
        held = json.loads(text)
        return cls(bytes.fromhex(held["key"]), dict(held["seen"]), dict(held["counts"]))


def _alike(kind: str, value: str) -> str:
    """What spelling variants of one value have in common."""
    if kind in ("phone", "card", "iban", "id_number"):
        return re.sub(r"[^\w+]", "", value).upper()
    return " ".join(value.split()) if kind == "key" else " ".join(value.casefold().split())


def found(text: str, kinds: Collection[str]) -> list[Span]:
    """What of these kinds stands in a text: of overlapping finds the longest."""
    return disjoint([span for kind, find in FINDERS.items() if kind in kinds for span in find(text)])


def redact(text: str, kinds: Collection[str], mapping: Mapping) -> str:
    """The text with every find of these kinds replaced. Raises ValueError for a kind that is unknown.

    A replacement can bring to light what stood hidden inside it, so it is looked again until nothing is found.
    """
    if unknown := set(kinds) - set(FINDERS):
        raise ValueError(f"no such kind of personal data: {', '.join(sorted(unknown))}")
    for _ in range(_ROUNDS):
        spans = found(text, kinds)
        if not spans:
            break
        text = replaced(text, spans, mapping.placeholder)
    return text
