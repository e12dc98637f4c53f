"""Postal addresses, by the forms of several countries. Rough: a street without a number is none."""

from __future__ import annotations

import re
from functools import cache

from trainer.data.content.check import Check, Span
from trainer.data.content.table import disjoint, spans, table, told

_TABLE = "addresses.yaml"


@cache
def _town() -> re.Pattern[str]:
    own = table(_TABLE)
    return re.compile(own["town"].replace("TOWNS", own["towns"]))


def places(text: str) -> list[Span]:
    """Streets with a number, post boxes, and postcodes with a town."""
    return disjoint(told(_TABLE, ("find",), "address", text) + spans(_town(), "address", text))


def checks() -> tuple[Check, ...]:
    """The rule about postal addresses."""
    return (Check("pii_address", table(_TABLE)["gate"], places),)
