"""One thing that may stand in a text: a quick gate over many texts, an exact look at the few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Characters start..end (end excluded) of a text, and what they are."""

    start: int
    end: int
    kind: str
    """email, phone, card, iban, ip, address, name, key, html, control, ..."""


@dataclass(frozen=True)
class Check:
    """A rule of the doctor about the text of a row.

    `gate` is a Rust regular expression (polars; no look-around): a text that doesn't match it can't
    hold what is looked for. `find` is asked about the others only, so it may be slow and exact.
    """

    rule: str
    gate: str
    find: Callable[[str], list[Span]]
