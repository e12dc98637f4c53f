"""Names of persons, by lists of names and the words before a name. Rough, and careful before complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from trainer.data.content.check import Check, Span
from trainer.data.content.table import disjoint, pattern, table, told, words

_TABLE = "names.yaml"
_SHORTEST = 3
_WIDEST = 12
"""Characters between the two words of a name: an initial, "van der"."""


def _listed(locale: str, kind: str) -> list[str]:
    """Names of a country, the most frequent first where that is known."""
    names = getattr(import_module(f"faker.providers.person.{locale}").Provider, kind, ())
    ordered = sorted(names, key=lambda n: -names[n]) if isinstance(names, dict) else names
    return [n for n in ordered if len(n) >= _SHORTEST and n[0].isupper() and n.replace("-", "").isalpha()]


@cache
def _first() -> frozenset[str]:
    return frozenset(n for place, most in table(_TABLE)["first"].items() for n in _listed(place, "first_names")[:most])


@cache
def _last() -> frozenset[str]:
    return frozenset(n for place in words(_TABLE, "last") for n in _listed(place, "last_names"))


def _is_first(word: str) -> bool:
    return word in _first() or word.partition("-")[0] in _first()


def names(text: str) -> list[Span]:
    """Names in full, and those after a greeting, a title, a closing line or "my name is"."""
    return disjoint([*_pairs(text), *_announced(text)])


def _pairs(text: str) -> Iterator[Span]:
    """A listed first name and a listed last name side by side, not both ordinary words."""
    between, last = pattern(_TABLE, "between"), None
    for match in pattern(_TABLE, "capital").finditer(text):
        if (
            last
            and match.start() - last.end() <= _WIDEST
            and between.fullmatch(text, last.end(), match.start())
            and _is_pair(last.group(), match)
        ):
            yield Span(last.start(), match.end(), "name")
        if len(match.group()) > 1:
            last = match


def _is_pair(first: str, match: re.Match[str]) -> bool:
    last = match.group()
    if not _is_first(first) or last not in _last() or first == last:
        return False
    if pattern(_TABLE, "not_followed").match(match.string, match.end()):
        return False
    return first not in words(_TABLE, "ordinary") or not (
        last in words(_TABLE, "words") or last in words(_TABLE, "ordinary")
    )


def _announced(text: str) -> list[Span]:
    """Names after words that a name follows."""
    said = told(_TABLE, ("cues",), "name", text, lambda m: _is_name(m["hit"]))
    own = told(_TABLE, ("own",), "name", text, lambda m: not _is_nobody(m["hit"]))
    return said + own + told(_TABLE, ("far",), "name", text)


def _is_nobody(said: str) -> bool:
    return bool(words(_TABLE, "nobody") & set(re.split(r"[ -]", said)))


def _is_name(said: str) -> bool:
    """Whether one of the words said is a listed name and none stands for nobody."""
    parts = re.split(r"[ -]", said)
    if _is_nobody(said):
        return False
    return any(_is_first(p) or (p in _last() and p not in words(_TABLE, "words")) for p in parts)


def checks() -> tuple[Check, ...]:
    """The rule about names of persons. The lists of names are read here, in a fifth of a second."""
    own = table(_TABLE)
    ahead = "|".join(map(re.escape, sorted(_first().union(own["gate"].split("|")))))
    return (Check("pii_name", f"(?:{ahead})[ \\n][\\nA-ZÀ-Þ]|{own['gate_far']}", names),)
