"""Variations of a text that need no model. Seeded; what may not change does not (see `tokens`).

Dropping and swapping words, and synonyms, follow "EDA: Easy Data Augmentation" (Wei and Zou, 2019), with its
share of a tenth of the words; typing errors keep to neighbours on the keyboard.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from random import Random

from trainer.data.more.tokens import Token, joined, tables, tokens

SHARE = 0.1
"""Of the words, at least one, that one variation changes."""
SHORTEST = 4
"""Letters of a word that gets a typing error; shorter ones become other words."""
LONGEST_DROPPED = 4
"""Letters of a word that may be left out: long ones are what the text is about."""
FEWEST = 5
"""Words of a text from which one may be dropped or moved."""
Noise = Callable[[list[Token], Random, str], list[Token]]


def varied(text: str, how: str, rng: Random, language: str = "en") -> str:
    """The text varied in one way (a key of NOISES); unchanged where there is nothing to vary."""
    return joined(NOISES[how](tokens(text, language), rng, language))


def typing_noise(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    """Slips of the fingers: a neighbouring key, letters swapped, dropped or doubled."""
    at = _some(pieces, rng, lambda word: len(word) >= SHORTEST)
    return [Token(_slip(p.text, rng, language), "word") if i in at else p for i, p in enumerate(pieces)]


def _slip(word: str, rng: Random, language: str) -> str:
    at = rng.randrange(1, len(word) - 1)  # the first letter is seldom wrong, and carries most
    kind = rng.choice(("neighbour", "swap", "drop", "double"))
    if kind == "neighbour":
        keys = _neighbours(language).get(word[at].lower(), "")
        return word[:at] + rng.choice(keys) + word[at + 1 :] if keys else word[:at] + word[at + 1 :]
    if kind == "swap" and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == "drop" else word[:at] + word[at] + word[at:]


@cache
def _neighbours(language: str) -> dict[str, str]:
    boards = tables()["keyboards"]
    rows = boards.get(language, boards["en"])
    return {key: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in rows for i, key in enumerate(row)}


def case_noise(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    """Careless writing: small letters, marks left out or doubled, contractions made or undone."""
    ways = [_small, _marks, _contracted]
    rng.shuffle(ways)
    for way in ways:
        changed = way(pieces, rng, language)
        if joined(changed) != joined(pieces):
            return changed
    return pieces


def _small(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    return [Token(p.text.lower(), p.kind) if p.kind == "word" else p for p in pieces]


def _marks(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    gone = rng.choice((r",", r"[.!?。！？]+(?=\s*$)", r"'"))
    out = [Token(re.sub(gone, "", p.text), p.kind) if p.kind != "kept" else p for p in pieces]
    if joined(out) != joined(pieces):
        return out
    return [Token(re.sub(r"([?!])", r"\1\1", p.text), p.kind) if p.kind == "gap" else p for p in pieces]


def _contracted(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    pairs = [pair for pair in tables()["contractions"].get(language, []) for pair in (pair, pair[::-1])]
    rng.shuffle(pairs)
    for long, short in pairs:
        changed = _replaced(pieces, long, short, language)
        if changed is not None:
            return changed
    return pieces


def _replaced(pieces: list[Token], old: str, new: str, language: str) -> list[Token] | None:
    """A run of free words put in place of another."""
    words = old.split()
    width = 2 * len(words) - 1
    for at in range(len(pieces) - width + 1):
        part = pieces[at : at + width]
        spaced = all(p.text == " " for p in part[1::2])
        if spaced and all(p.kind == "word" for p in part[::2]) and [p.text.lower() for p in part[::2]] == words:
            return pieces[:at] + tokens(_cased(new, part[0].text), language) + pieces[at + width :]
    return None


def filler(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    """A greeting before, thanks after, or a word of hesitation inside."""
    known = [kind for kind in ("openers", "closers", "fillers") if language in tables()[kind]]
    if not known:
        return pieces
    kind = rng.choice(known)
    word = rng.choice(tables()[kind][language])
    text = joined(pieces)
    if kind == "openers":
        return [Token(f"{word} ", "gap"), *pieces]
    if kind == "closers":
        return [*pieces, Token(f"{' ' if re.search(r'[.!?…]$', text.rstrip()) else '. '}{word}", "gap")]
    gaps = [i for i, p in enumerate(pieces) if p.text == " " and 0 < i < len(pieces) - 1]
    gaps = [i for i in gaps if "kept" not in (pieces[i - 1].kind, pieces[i + 1].kind)]
    if not gaps:
        return pieces
    at = rng.choice(gaps)
    return [*pieces[:at], Token(f" {word} ", "gap"), *pieces[at + 1 :]]


def synonyms(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    """Words replaced by others of the same group."""
    groups = _groups(language)
    at = _some(pieces, rng, lambda word: word.lower() in groups)
    return [Token(_other(p.text, groups, rng), "word") if i in at else p for i, p in enumerate(pieces)]


def _other(word: str, groups: dict[str, list[str]], rng: Random) -> str:
    return _cased(rng.choice([w for w in groups[word.lower()] if w != word.lower()]), word)


@cache
def _groups(language: str) -> dict[str, list[str]]:
    return {word: group for group in tables()["synonyms"].get(language, []) for word in group}


def word_dropout(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    """Short words left out; never negations, questions or what else carries the sense, and with it the label."""
    at = _some(pieces, rng, lambda word: len(word) <= LONGEST_DROPPED and word.lower() not in _carrying(language))
    if sum(p.kind != "gap" for p in pieces) < FEWEST:
        return pieces
    return [p for i, p in enumerate(pieces) if i not in at and not (i - 1 in at and p.text == " ")]


def word_swap(pieces: list[Token], rng: Random, language: str) -> list[Token]:
    """Two neighbouring words change places."""
    words = [i for i, p in enumerate(pieces) if p.kind == "word"]
    pairs = [(a, b) for a, b in pairwise(words) if b == a + 2 and pieces[a + 1].text == " "]
    fixed = _carrying(language)
    pairs = [(a, b) for a, b in pairs if not {pieces[a].text.lower(), pieces[b].text.lower()} & fixed]
    if not pairs or len(words) < FEWEST:
        return pieces
    a, b = rng.choice(pairs)
    out = list(pieces)
    out[a], out[b] = Token(_cased(pieces[b].text, pieces[a].text), "word"), Token(pieces[a].text.lower(), "word")
    return out if language != "de" else _swapped_as_they_are(pieces, a, b)


def _swapped_as_they_are(pieces: list[Token], a: int, b: int) -> list[Token]:
    """German capitals belong to the word, not to its place."""
    out = list(pieces)
    out[a], out[b] = pieces[b], pieces[a]
    return out


@cache
def _carrying(language: str) -> frozenset[str]:
    return frozenset(str(tables()["never_dropped"].get(language, "")).split())


def _some(pieces: list[Token], rng: Random, fits: Callable[[str], bool]) -> set[int]:
    """Places of a tenth of the words, at least one, among those that fit."""
    words = [i for i, p in enumerate(pieces) if p.kind == "word"]
    fitting = [i for i in words if fits(pieces[i].text)]
    return set(rng.sample(fitting, min(len(fitting), max(1, round(SHARE * len(words))))))


def _cased(word: str, like: str) -> str:
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


NOISES: dict[str, Noise] = {
    "typing noise": typing_noise,
    "case and punctuation": case_noise,
    "fillers and politeness": filler,
    "synonyms": synonyms,
    "word dropout": word_dropout,
    "word swap": word_swap,
}
_WORDED = {"fillers and politeness": "openers", "synonyms": "synonyms", "word dropout": "never_dropped"}
"""Ways that need a table of words in the text's language."""


def ways(language: str) -> tuple[str, ...]:
    """What can be done to texts of a language (ISO 639-1)."""
    spaced = language not in ("zh", "ja", "th")
    known = {way for way in NOISES if way not in _WORDED or language in tables()[_WORDED[way]]}
    if language not in tables()["never_dropped"]:
        known.discard("word swap")
    return tuple(way for way in NOISES if way in known) if spaced else ("case and punctuation",)
