"""What was typed, made readable: spelling of characters, quotes, spoken numbers, language."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from agent.builtin import languages, numerals

_QUOTED = re.compile(r"\"([^\"]{2,})\"|(?<!\w)'([^'\n]{2,}?)'(?!\w)|“([^”]{2,})”|「([^」]+)」|«([^»]+)»|`([^`]+)`")
_SMART = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "´": "'",
        "–": "-",
        "—": " - ",
        "，": ", ",
        "。": ". ",
        "？": "? ",
        "！": "! ",
        "：": ": ",
        "；": "; ",
        "、": ", ",
        "→": "->",
        "।": ". ",
        "…": " ... ",
    }
)
_APOSTROPHE = re.compile(r"(?<=[a-z])'(?=(?:t|s|re|ll|m|d|ve)\b)")


@dataclass(frozen=True)
class Message:
    """One message in the forms that the readers need."""

    raw: str
    plain: str
    """Lower case, one form of quotes and digits, spoken numbers as digits."""
    order: str
    """`plain` without what stands in quotes: only this can be an order."""
    quotes: tuple[str, ...] = field(default=())
    language: str = "en"


def ascii_digits(text: str) -> str:
    """Digits of any script as 0 to 9."""
    return "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and unicodedata.digit(c, -1) >= 0 else c
        for c in text
    )


def tidy(text: str) -> str:
    """Lower case, plain punctuation, no contractions' apostrophes."""
    text = unicodedata.normalize("NFKC", ascii_digits(text)).translate(_SMART).lower()
    text = re.sub(r"([!?])\1+", r"\1", text)
    text = _APOSTROPHE.sub("", text)
    text = re.sub(r"(?<![a-z])(?:fine?|fien)[ -]?tun(?=[a-z])", "finetun", text)
    text = re.sub(r"([a-z])\1{3,}", r"\1\1", text)
    return re.sub(r"[ \t\u00a0]+", " ", text).strip()


_DOT = re.compile(r"(?<=\w) dot (?=(?:csv|tsv|json|jsonl|txt|xlsx?|parquet|md|gz)\b)", re.I)
_UNDERSCORE = re.compile(r"(?<=\w) underscore (?=\w)", re.I)


def dictated(text: str) -> str:
    """File and column names as they are spoken: 'sessions underscore v3 dot jsonl'."""
    return _DOT.sub(".", _UNDERSCORE.sub("_", text))


_REPLACED = re.compile(
    r"(?<!\S)(\S+) (?:er|ke|ki|ka|-er) (?:bodole|badle|badla|jagah|jaygay|poriborte|পরিবর্তে|বদলে|बदले|जगह)(?: (?:me|mein|में))?(?=\s+\S)"
)
_STATT = re.compile(
    r"(?<!\w)(?:statt|anstatt|anstelle von|en lugar de|en vez de|au lieu de) (\d\S*) (\w+) (?:nur |lieber |bitte |mejor |solo |plutôt )?(?=\d)"
)


def replaced(text: str) -> str:
    """'8 er bodole 16', 'statt 3 epochen nur 2': the value that goes is taken out."""
    return _STATT.sub(r"\2 ", _REPLACED.sub(" ", text))


def quoted(text: str) -> tuple[str, ...]:
    """What stands in quotation marks, as typed."""
    return tuple(next(g for g in m.groups() if g) for m in _QUOTED.finditer(text))


def without_quotes(text: str) -> str:
    """The text with quoted passages taken out."""
    return _QUOTED.sub(' " ', text)


def read(text: str) -> Message:
    """Bring a message into the forms of `Message`."""
    language = languages.detect(text)
    plain = numerals.to_digits(tidy(text), language)
    order = replaced(numerals.to_digits(tidy(without_quotes(text)), language))
    return Message(text, plain, order, quoted(text), language)


class Scan:
    """A text that is read piece by piece: what one reader has taken, the next does not see."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: str | re.Pattern[str]) -> list[re.Match[str]]:
        """All matches; they are blanked out, so positions stay as they were."""
        found = list(re.finditer(pattern, self.text))
        for match in found:
            self.blank(match.start(), match.end())
        return found

    def blank(self, start: int, end: int) -> None:
        """Hide a passage from the readers that follow."""
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]
