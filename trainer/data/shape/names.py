"""How much a column's name speaks for a role: exact, by its words, as a compound, or nearly spelled."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).parent.parent / "roles.yaml"
EXACT, WEAK, WORDS, PART, TYPO = 1.0, 0.62, 0.85, 0.7, 0.8
"""Scores of a name: in the table, in its weaker half, put together, inside another word, nearly spelled."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SHORT = 5
"""Names below this many letters must be spelled right and stand alone."""


def _unaccented(text: str) -> str:
    """Without the marks of Latin, Greek and Cyrillic letters; the vowel signs of other scripts stay."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", re.sub(r"[\u0300-\u036f]", "", parts)).replace("ı", "i")


@lru_cache(maxsize=4096)
def key_of(name: str) -> str:
    """A name as it stands in the table: words joined, letters with combining signs kept together."""
    return "".join(words_in(name))


@lru_cache(maxsize=4096)
def words_in(name: str) -> tuple[str, ...]:
    """Words, with the vowel signs of Indic scripts kept (a regex takes them for no letters)."""
    plain = _unaccented(_CAMEL.sub(" ", unicodedata.normalize("NFKC", name))).casefold()
    kept = "".join(c if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") else " " for c in plain)
    return tuple(kept.split())


_SETS = ("generic", "noise", "other", "meaningless", "verdict", "titles", "described")


@dataclass(frozen=True)
class Table:
    """The names of `roles.yaml`, made comparable."""

    names: dict[str, dict[str, float]]
    """key -> role -> score; roles and extras alike."""
    rank: dict[tuple[str, str], int]
    """(role, key) -> place in the role's list; earlier is surer."""
    sides: dict[str, str]
    """word -> prompt or completion."""
    generic: frozenset[str]
    noise: frozenset[str]
    endings: dict[str, str]
    other: frozenset[str]
    meaningless: frozenset[str]
    verdict: frozenset[str]
    titles: frozenset[str]
    described: frozenset[str]


def listed(text: str) -> list[str]:
    """The comma-separated entries of a table's line."""
    return [entry for part in text.split(",") if (entry := part.strip())]


@lru_cache(maxsize=1)
def table() -> Table:
    """The table, read once."""
    raw: dict[str, Any] = yaml.safe_load(TABLE.read_text("utf-8"))
    names: dict[str, dict[str, float]] = {}
    rank: dict[tuple[str, str], int] = {}
    for role, lists in raw["roles"].items():
        entries = [(n, EXACT) for n in listed(lists["strong"])] + [(n, WEAK) for n in listed(lists["weak"])]
        _enter(names, rank, role, entries)
    for role, line in raw["extras"].items():
        _enter(names, rank, role, [(n, EXACT) for n in listed(line)])
    sides = dict.fromkeys(_keys(raw["asker"]), "prompt") | dict.fromkeys(_keys(raw["answerer"]), "completion")
    endings = {key: kind for kind, line in raw["endings"].items() for key in _keys(line)}
    sets = {name: frozenset(_keys(raw[name])) for name in _SETS}
    return Table(names, rank, sides, endings=endings, **sets)


def _enter(
    names: dict[str, dict[str, float]], rank: dict[tuple[str, str], int], role: str, entries: list[tuple[str, float]]
) -> None:
    for place, (name, score) in enumerate(entries):
        names.setdefault(key_of(name), {}).setdefault(role, score)
        rank.setdefault((role, key_of(name)), place)


def _keys(line: str) -> list[str]:
    return [key_of(name) for name in listed(line)]


@lru_cache(maxsize=4096)
def scores(name: str) -> dict[str, float]:
    """Role -> how much the name speaks for it, 0 to 1; empty for a name that says nothing."""
    key, known = key_of(name), table()
    if not key or is_meaningless(name):
        return {}
    found = known.names.get(key) or _singular(key)
    if found or key in known.other:
        return found or {}
    tokens = [t for t in words_in(name) if not t.isdigit()]
    told = next((t for t in (_by_words(tokens), _by_part(key), _nearly(key)) if t is not None), None)
    return told or {}


def is_meaningless(name: str) -> bool:
    """Whether a name says nothing: col_a, Unnamed: 3, column_1, a single letter, a number."""
    tokens = [t for t in words_in(name) if not t.isdigit()]
    if len(tokens) == 1 and len(tokens[0]) == 1 and tokens[0].isascii():
        return tokens[0] not in ("q", "y")
    stripped = [t.rstrip("0123456789") for t in tokens]
    return all(len(t) <= 1 or t in table().meaningless for t in stripped)


def place(role: str, name: str) -> int:
    """Where a name stands in its role's list; names found by their parts come after all others."""
    return table().rank.get((role, key_of(name)), 10_000)


def _singular(key: str) -> dict[str, float]:
    for ending, instead in (("ies", "y"), ("es", ""), ("s", ""), ("en", ""), ("n", "")):
        if len(key) > _SHORT - 1 and key.endswith(ending):
            found = table().names.get(key[: -len(ending)] + instead)
            if found:
                return found
    return {}


def _by_words(tokens: list[str]) -> dict[str, float] | None:
    """customer_message, answer_date, first_reply_text: the last word says what kind of thing it is.

    Here and below {} means a name known to be something else, None one that says nothing so far.
    """
    known = table()
    if len(tokens) < 2:
        return None
    if tokens[-1] in known.endings:
        return _by_ending(tokens, known.endings[tokens[-1]])
    told = [t for t in tokens if t not in known.noise]
    whole = known.names.get("".join(told))
    if whole:
        return {role: score * 0.95 for role, score in whole.items()}
    words = [t for t in told if t not in known.generic] or told
    best: dict[str, float] = {}
    for back, word in enumerate(reversed(words)):
        for role, score in _of_word(word).items():
            best.setdefault(role, score * (WORDS if back == 0 else PART))
    return best or None


def _of_word(word: str) -> dict[str, float]:
    """One word of several: a side it takes, or a role it names."""
    side = table().sides.get(word)
    if side:
        return {side: 1.0}
    return table().names.get(word) or _singular(word)


def _by_ending(tokens: list[str], kind: str) -> dict[str, float]:
    if kind == "other":
        return {}
    if kind == "id":
        person = any(t in table().sides for t in tokens[:-1])
        return {"group": WORDS} if person else {"id": WORDS, "group": PART}
    return {kind: WORDS}


def _by_part(key: str) -> dict[str, float] | None:
    """Compounds without a space: Antworttext, Kundenanliegen, 客户的问题."""
    known = table()
    ending = next((known.endings[e] for e in _parts(key, ends=True) if e in known.endings), None)
    if ending:
        return {} if ending == "other" else {ending: WORDS}
    bare = next((key[: -len(g)] for g in _parts(key, ends=True) if g in known.generic), key)
    if bare != key and bare in known.sides:
        return {known.sides[bare]: WORDS}
    for part in [bare, *_parts(bare, ends=True), *_parts(bare, ends=False)]:
        if part in known.names:
            return {role: score * WORDS for role, score in known.names[part].items()}
    return None


def _parts(key: str, ends: bool) -> list[str]:
    """Ends (or beginnings) of a word that are long enough to mean something, the longest first."""
    least = 2 if _WIDE.search(key) else _SHORT
    sizes = range(len(key) - 1, least - 1, -1)
    return [key[-n:] if ends else key[:n] for n in sizes]


def _nearly(key: str) -> dict[str, float] | None:
    """One wrong letter in a word of five, two in a word of eight."""
    from rapidfuzz.distance import OSA

    if len(key) < _SHORT or _WIDE.search(key):
        return None
    allowed = 2 if len(key) >= 8 else 1
    near = [(d, n) for n in table().names if (d := OSA.distance(key, n, score_cutoff=allowed)) <= allowed]
    near = [(d, n) for d, n in near if len(n) >= _SHORT]
    if not near and len(key) > _SHORT:
        near = [(2, n) for n in table().names if n[0] == key[0] and sorted(n) == sorted(key)]
    if not near:
        return None
    found = table().names[min(near)[1]]
    return {role: score * TYPO for role, score in found.items()}
