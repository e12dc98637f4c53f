"""The safety gate: is the whole message a plain yes? Every word must be known to be harmless."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from agent.builtin.data import table

_LONGEST = 60
_MODIFIERS = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u200d]")


@lru_cache(maxsize=1)
def _phrases() -> dict[str, frozenset[str]]:
    return {k: frozenset(p.strip() for p in str(v).split(",") if p.strip()) for k, v in table("assent.yaml").items()}


def _letters(text: str) -> str:
    text = _MODIFIERS.sub("", unicodedata.normalize("NFKC", text)).lower().replace("’", "'")
    text = re.sub(r"[!.,;。,、।~-]+|\s+", " ", text.replace("'", ""))
    return " ".join(text.split())


@cache
def _known(groups: tuple[str, ...]) -> frozenset[str]:
    return frozenset(p for group in groups for p in _phrases()[group])


@cache
def _pattern(groups: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_known(groups), key=len, reverse=True))))


def _parts(text: str, groups: tuple[str, ...] = ("yes", "go", "filler")) -> list[str] | None:
    """The message cut into known phrases; None if anything is left over."""
    parts, at = [], 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        match = _pattern(groups).match(text, at)
        if not match:
            return None
        after = text[match.end() : match.end() + 1]
        if after.isascii() and after.isalnum() and match.group()[-1].isascii():
            shorter = _shorter(text, at, groups)
            if shorter is None:
                return None
            match = shorter
        parts.append(match.group())
        at = match.end()
    return parts


def _shorter(text: str, at: int, groups: tuple[str, ...]) -> re.Match[str] | None:
    word = re.match(r"[^\s]+", text[at:])
    phrase = word.group() if word else ""
    return re.compile(re.escape(phrase)).match(text, at) if phrase in _known(groups) else None


def _plain(text: str) -> str | None:
    """The message in lower case, or None where its form alone rules an assent out."""
    if not text.strip() or len(text) > _LONGEST or "\n" in text.strip():
        return None
    if re.search(r"[\d?？:：\"“”„«»`<>\[\]{}()|=*/\\@#_+%$€…]|\.\.|'\w[^']*'", text):
        return None
    return _letters(text)


def is_assent(text: str) -> bool:
    """True only if the whole message is a plain yes to what was just shown.

    A false True starts a costly run: an unknown word, a number, a question mark, quotes or
    brackets anywhere make it False.
    """
    plain = _plain(text)
    parts = _parts(plain) if plain else None
    if not parts:
        return False
    groups = _phrases()
    return any(p in groups["yes"] or p in groups["go"] for p in parts)


def is_unclear_assent(text: str) -> bool:
    """A yes with a doubt in it ('hm ok i guess', 'sounds fine?'): worth a button, not a start."""
    if is_assent(text) or len(text) > _LONGEST or "\n" in text.strip():
        return False
    if re.search(r"[\d:\"<>\[\]{}=|/\\]", text):
        return False
    words = _letters(re.sub(r"[?？…]+|\.{2,}", " ", text))
    groups = _phrases()
    doubt = "?" in text or "？" in text or "…" in text or ".." in text
    for phrase in sorted(groups["doubt"], key=len, reverse=True):
        pattern = rf"(?<![^\W_]){re.escape(phrase)}(?![^\W_])" if phrase.isascii() else re.escape(phrase)
        doubt, words = (doubt or bool(re.search(pattern, words))), re.sub(pattern, " ", words)
    rest = " ".join(words.split())
    if not rest:
        return False
    parts = _parts(rest, ("yes", "go", "filler", "mild"))
    if parts is None:
        return False
    core = any(p in groups["yes"] or p in groups["go"] for p in parts)
    mild = any(p in groups["mild"] for p in parts)
    return (doubt and (core or mild)) or (mild and not core)
