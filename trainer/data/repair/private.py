"""Private values: which rule finds which kind, placeholders for them, and how they may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from trainer.data import content
from trainer.data.content.redaction import FINDERS, Mapping, found, redact
from trainer.data.doctor.series import series
from trainer.data.repair.cells import cells
from trainer.data.repair.items import Item

BATCH = 2000
"""Rows whose texts are looked over at once."""

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
        return redact(text, kinds, self._mapping)

    def summary(self) -> str:
        """How many different values were found of each kind."""
        return ", ".join(f"{kind.replace('_', ' ')}: {n:,} different" for kind, n in self._mapping.counts.items())


class Suspects:
    """Rows that may hold private values: the gates of the kinds are asked about thousands of rows at once."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        rules = {RULE_OF[kind] for kind in kinds}
        self._gates = [check.gate for check in content.CHECKS if check.rule in rules]
        self.rows: set[int] = set()
        """Of the rows that are under way."""

    def watch(self, items: Iterator[Item]) -> Iterator[Item]:
        """The items as they come; before the first of a batch is given, `rows` is known for all of it."""
        while batch := list(islice(items, BATCH)):
            column = series(["\n".join(text for _, text in cells(item.value, item.value)) for item in batch])
            self.rows = set()
            for gate in self._gates:
                self.rows |= {batch[i].row for i in column.str.contains(gate).arg_true().to_list()}
            yield from batch


def masked(text: str) -> str:
    """The text as it may be shown: a•••@•••, never the value."""
    for span in sorted(found(text, FINDERS), key=lambda s: s.start, reverse=True):
        dots = "•••@•••" if span.kind == "email" else "•••"
        text = f"{text[: span.start]}{text[span.start]}{dots}{text[span.end :]}"
    return text
