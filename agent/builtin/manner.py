"""How a person writes: as a beginner or as an expert, in which language, and when they ask for another way."""

from __future__ import annotations

import re
from functools import cache
from typing import cast, get_args

from pydantic import BaseModel, Field

from agent.builtin import languages, text
from agent.builtin.data import cue_pattern, cues, table
from tools.wording import LANGUAGES, Register, Voice

MANY_TERMS = 2
"""Different terms of the field in one message that show an expert."""
ENOUGH_WORDS = 3
"""Words that tell a language; fewer may be a name or a borrowed 'ok'."""
MOST_ELSE = 1
"""Words besides the wish for another register; with more, the message says something else too."""
_FILLER = frozenset(
    [
        "please",
        "pls",
        "bitte",
        "por",
        "favor",
        "and",
        "ok",
        "okay",
        "can",
        "could",
        "you",
        "that",
        "this",
        "it",
        "to",
        "me",
        "now",
        "again",
        "i",
        "im",
        "a",
        "the",
        "so",
        "for",
        "just",
    ]
)
_OWN_SCRIPT = re.compile(r"[^\x00-\u024f]")


class Manner(BaseModel):
    """What has been learned of how to speak to a person. Part of the stored state."""

    language: str = "en"
    register_: Register = "plain"
    chosen: bool = False
    """The person asked for the register: it is not guessed any more."""
    tally: int = 0
    """Messages in the words of the field, less those in everyday words."""
    explained: list[str] = Field(default_factory=list)
    """Terms that were explained already."""

    @property
    def voice(self) -> Voice:
        """The same, for the tools."""
        return Voice(self.language, self.register_)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return cue_pattern(cues(str(table("manner.yaml")[name])))


def asked_register(message: str) -> Register | None:
    """The register that a message asks for and for nothing else."""
    order = text.tidy(message)
    for register in get_args(Register):
        rest, found = _pattern(register).subn(" ", order, count=1)
        if found and len(set(re.findall(r"\w+", rest)) - _FILLER) <= MOST_ELSE:
            return cast(Register, register)
    return None


def heard(manner: Manner, message: str) -> Manner:
    """The manner after one more message."""
    asked = asked_register(message)
    tally = max(-2, min(2, manner.tally + _evidence(message)))
    guessed: Register = "expert" if tally > 0 else "plain"
    register: Register = asked or (manner.register_ if manner.chosen else guessed)
    return manner.model_copy(
        update={
            "language": _language(message, manner.language),
            "register_": register,
            "chosen": manner.chosen or asked is not None,
            "tally": tally,
        }
    )


def _evidence(message: str) -> int:
    order = text.tidy(message)
    terms = {m.group() for m in _pattern("expert_terms").finditer(order)}
    if len(terms) >= MANY_TERMS:
        return 1
    return -1 if not terms and len(order.split()) > ENOUGH_WORDS else 0


def _language(message: str, before: str) -> str:
    """The message's language where it can be told and is spoken; Hindi and Bangla only in their own script."""
    if len(message.split()) < ENOUGH_WORDS and not _OWN_SCRIPT.search(message):
        return before
    found = languages.detect(message)
    if found in ("hi", "bn") and not _OWN_SCRIPT.search(message):
        return "en"
    return found if found in LANGUAGES else "en"
