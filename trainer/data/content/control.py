"""Special tokens of chat templates that stand in a text as words: a tokenizer would obey them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from trainer.data.content.check import Check
from trainer.data.content.table import alternatives, disjoint, spans, table

_TABLE = "markup.yaml"
_RULE = "control_tokens"
_SHORTEST = 3
"""Characters of a token that can be told from text and broken by a blank."""


@cache
def _known(tokens: frozenset[str]) -> re.Pattern[str]:
    """The tokens of a tokenizer, longest first, and those of well-known templates."""
    own = [re.escape(t) for t in sorted(tokens, key=lambda t: (-len(t), t))]
    return re.compile(alternatives([*own, *table(_TABLE)[_RULE]["find"]]))


def _real(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(t for t in tokens if len(t.strip()) >= _SHORTEST)


def control_tokens(tokens: Iterable[str] = ()) -> Check:
    """The rule for a chosen tokenizer: its special tokens besides those of well-known templates."""
    real = _real(tokens)
    gate = "|".join([table(_TABLE)[_RULE]["gate"], *map(re.escape, sorted(real))])
    return Check(_RULE, gate, lambda text: disjoint(spans(_known(real), "control", text)))


def escape_control(text: str, tokens: Iterable[str] = ()) -> str:
    """The text with a blank inside each control token: it reads the same and is no token any more."""
    known = _known(_real(tokens))
    while known.search(text):
        text = known.sub(_broken, text)
    return text


def _broken(found: re.Match[str]) -> str:
    """A blank after the token's first visible character; before it the token would stand there whole again."""
    token = found.group()
    cut = len(token) - len(token.lstrip()) + 1
    return f"{token[:cut]} {token[cut:]}"


def checks() -> tuple[Check, ...]:
    """The rule for well-known templates."""
    return (control_tokens(),)
