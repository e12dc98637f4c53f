"""The likeliest encoding of bytes that are not UTF-8, by the letters they would give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_LEAST = 0.5
"""A guess whose letters fit their language less than this is left to charset-normalizer."""


@dataclass(frozen=True)
class _Language:
    codecs: tuple[str, ...]
    letters: frozenset[str]
    common: frozenset[str]


def guess(sample: bytes) -> tuple[str, str] | None:
    """(codec, name with the word 'guessed') for lines that are not UTF-8; None when nothing fits."""
    best, best_score = "", _LEAST
    for language in _languages():
        for codec in language.codecs:
            score = _score(sample, codec, language)
            if score > best_score:
                best, best_score = codec, score
    best = best or _by_library(sample)
    return (best, f"{_table()['names'].get(best, best)} (guessed)") if best else None


def _score(sample: bytes, codec: str, language: _Language) -> float:
    """The mean fit, from -1 to 1, of the bytes beyond ASCII to the language; -1 where they don't decode."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        return -1.0
    total = weight = 0.0
    for before, char in zip(" " + text, text, strict=False):
        if char > "\x7f":
            size = 1 if char < "\u0600" else 2
            total += size
            weight += size * _fit(char, before, language)
    return weight / total if total else -1.0


def _fit(char: str, before: str, language: _Language) -> float:
    if char in _shared():
        return 0.8
    if not char.isprintable() or "\ue000" <= char <= "\uf8ff":
        return -1.0
    if char not in language.letters:
        return 0.0 if char.isalpha() else -0.3
    if char > "\u036f" and before.isascii() and before.isalpha():
        return 0.0  # no word mixes Latin with another alphabet
    if char.isupper():
        return 0.0 if before.islower() else 0.7
    return 1.0 if char in language.common else 0.5


def _by_library(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else ""


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "encodings.yaml").read_text("utf-8"))
    return table


@cache
def _shared() -> frozenset[str]:
    return frozenset(_table()["shared"])


@cache
def _languages() -> list[_Language]:
    out: list[_Language] = []
    for group in _table()["groups"]:
        for letters in group["languages"].values():
            known = frozenset(letters) - {" "}
            out.append(_Language(tuple(group["codecs"]), known, frozenset(group.get("common", letters))))
    return out
