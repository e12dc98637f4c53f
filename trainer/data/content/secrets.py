"""Keys, tokens and passwords: one table of shapes for the data doctor and for what a hosted model may see."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from math import log2

from trainer.data.content.check import Check, Span
from trainer.data.content.table import alternatives, disjoint, pattern, table, told

_TABLE = "secrets.yaml"
_ENTROPY = 3.0
"""Bits a character of a value drawn by lot; words have less, or no digits."""


@cache
def _shapes() -> re.Pattern[str]:
    return re.compile(alternatives([row["find"] for row in table(_TABLE)["shapes"]]))


def masked(text: str, mark: str) -> str:
    """The text with everything shaped like a key or after a word such as "password" replaced. Errs on hiding."""
    text = _shapes().sub(mark, text)
    return pattern(_TABLE, "assigned").sub(lambda m: m.group(1) + mark, text)


def secrets(text: str) -> list[Span]:
    """Keys of known issuers, private keys, passwords in URLs or after their name, random values after "key"."""
    found = told(_TABLE, ("shapes",), "key", text, _is_key)
    found += told(_TABLE, ("password",), "key", text, _is_password)
    found += told(_TABLE, ("key",), "key", text, lambda m: _random(m["hit"]))
    return disjoint(found)


def _is_key(match: re.Match[str]) -> bool:
    value = match.group()
    if value.startswith("-----BEGIN"):
        return len(value) > len("-----BEGIN PRIVATE KEY-----") + 24
    if match.string[match.end() : match.end() + 1] == "@":
        return not _stands_for_one(value.partition(":")[2]) and not value.startswith(":")
    return value.startswith("eyJ") or (not pattern(_TABLE, "blank").search(value) and _drawn(value))


def _stands_for_one(value: str) -> bool:
    return bool(pattern(_TABLE, "plain").fullmatch(value))


def _is_password(match: re.Match[str]) -> bool:
    """A value with a digit or a sign in it, or a word that closes its line."""
    value = match["hit"].rstrip(".)!?")
    if _stands_for_one(value) or len(value) < 4:
        return False
    return any(c.isdigit() for c in value) or bool(re.search(r"[a-z][A-Z]|\w[!@#$%^&+]", value))


def _random(value: str) -> bool:
    """Whether the value after a word such as "key" is one, and not what stands for it."""
    return not _stands_for_one(value) and _drawn(value)


def _drawn(value: str) -> bool:
    """Whether a value looks drawn by lot: digits between letters, few repeats, no path and no name."""
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return bool(re.fullmatch(r"(?:hf_|sk-|ghp_)[A-Za-z]{30,}", value))
    longest = max(len(word) for word in re.split(r"[-_./]", value))
    return longest >= 12 and _entropy(value) >= _ENTROPY


def _entropy(value: str) -> float:
    """Bits a character."""
    return -sum(n / len(value) * log2(n / len(value)) for n in Counter(value).values())


def checks() -> tuple[Check, ...]:
    """The rule about keys and passwords."""
    return (Check("secrets", table(_TABLE)["gate"], secrets),)
