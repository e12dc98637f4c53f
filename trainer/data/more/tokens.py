"""A text in pieces: words that may be varied, and what never is (numbers, ids, links, code, names, slots)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_SELF = re.compile(r"I(?:['’]|$)")
_BEGINS = re.compile(r"[.!?:;\n(\"“„«¿¡-]\s*$")
"""What a sentence begins after."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@cache
def tables() -> dict[str, Any]:
    """The tables of variations."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "plain.yaml").read_text("utf-8"))
    return loaded


@dataclass(frozen=True)
class Token:
    """A piece of a text. `kind`: word (may be varied), kept (never), gap (blanks and marks)."""

    text: str
    kind: str


@cache
def _kept() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in tables()["kept"]), re.DOTALL)


def tokens(text: str, language: str = "en") -> list[Token]:
    """All pieces in order; joined they are the text."""
    out: list[Token] = []
    end = 0
    for match in _kept().finditer(text):
        if match.end() > match.start():
            out += [*_words(text[end : match.start()]), Token(match.group(), "kept")]
            end = match.end()
    return _without_names(out + _words(text[end:]), language)


def _words(text: str) -> list[Token]:
    out: list[Token] = []
    end = 0
    for match in _WORD.finditer(text):
        if match.start() > end:
            out.append(Token(text[end : match.start()], "gap"))
        shout = match.group().isupper() and len(match.group()) > 1  # an acronym or an id
        out.append(Token(match.group(), "kept" if shout else "word"))
        end = match.end()
    return out + ([Token(text[end:], "gap")] if end < len(text) else [])


def _without_names(pieces: list[Token], language: str) -> list[Token]:
    """A word with a capital inside a sentence is taken for a name."""
    if language not in tables()["capitals"]:
        return pieces
    out: list[Token] = []
    begins = True
    for piece in pieces:
        name = piece.kind == "word" and piece.text[0].isupper() and not begins and not _SELF.match(piece.text)
        out.append(Token(piece.text, "kept") if name else piece)
        begins = piece.kind == "gap" and (bool(_BEGINS.search(piece.text)) or (begins and not piece.text.strip()))
    return out


def joined(pieces: list[Token]) -> str:
    """The text again."""
    return "".join(piece.text for piece in pieces)


def kept_parts(text: str, language: str = "en") -> list[str]:
    """What must stand in every variation, in order."""
    return [piece.text for piece in tokens(text, language) if piece.kind == "kept"]


def fixed_parts(text: str) -> list[str]:
    """Numbers, links, ids, code and slots of a text: another wording must have them too."""
    return [part for m in _kept().finditer(text) if (part := m.group().strip(".,;:!?()\"'"))]
