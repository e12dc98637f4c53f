"""Names of persons, by lists of names and the words before a name. Rough, and careful before complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from trainer.data.content.check import Check, Span
from trainer.data.content.table import disjoint, pattern, spans, table, words

_TABLE = "names.yaml"
_SHORTEST = 3


def _listed(locale: str, kind: str) -> list[str]:
    """Names of a country, the most frequent first where that is known."""
    names = getattr(import_module(f"faker.providers.person.{locale}").Provider, kind, ())
    ordered = sorted(names, key=lambda n: -names[n]) if isinstance(names, dict) else names
    return [n for n in ordered if len(n) >= _SHORTEST and n[0].isupper() and n.replace("-", "").isalpha()]


@cache
def _all(kind: str) -> frozenset[str]:
    most = table(_TABLE)["most"] if kind == "first_names" else None
    return frozenset(n for locale in str(table(_TABLE)["locales"]).split() for n in _listed(locale, kind)[:most])


def _is_first(word: str) -> bool:
    return word in _all("first_names") or word.partition("-")[0] in _all("first_names")


def names(text: str) -> list[Span]:
    """Names in full, and those after a greeting, a title, a closing line or "my name is"."""
    return disjoint([*_pairs(text), *_announced(text)])


def _pairs(text: str) -> Iterator[Span]:
    """A listed first name and a listed last name side by side, not both ordinary words."""
    between, last = pattern(_TABLE, "between"), None
    for match in pattern(_TABLE, "capital").finditer(text):
        if last and between.fullmatch(text, last.end(), match.start()) and _is_pair(last.group(), match):
            yield Span(last.start(), match.end(), "name")
        if len(match.group()) > 1:
            last = match


def _is_pair(first: str, match: re.Match[str]) -> bool:
    last = match.group()
    if not _is_first(first) or last not in _all("last_names") or first == last:
        return False
    if pattern(_TABLE, "not_followed").match(match.string, match.end()):
        return False
    return first not in words(_TABLE, "ordinary") or last not in words(_TABLE, "words") | words(_TABLE, "ordinary")


@cache
def _cues() -> tuple[re.Pattern[str], ...]:
    own = table(_TABLE)
    name = f"{own['capital']}(?:{own['between']}{own['capital']}){{0,2}}"
    return tuple(re.compile(cue.replace("NAME", name)) for cue in own["cues"])


def _announced(text: str) -> Iterator[Span]:
    """Names after words that a name follows."""
    said = (Span(*m.span("hit"), "name") for cue in _cues() for m in cue.finditer(text) if _is_name(m["hit"]))
    yield from (*said, *spans(pattern(_TABLE, "far"), "name", text))


def _is_name(said: str) -> bool:
    """Whether one of the words said is a listed name and none stands for nobody."""
    parts = re.split(r"[ -]", said)
    if words(_TABLE, "nobody") & set(parts):
        return False
    return any(_is_first(p) or (p in _all("last_names") and p not in words(_TABLE, "words")) for p in parts)


def checks() -> tuple[Check, ...]:
    """The rule about names of persons. The lists of names are read here, in a fifth of a second."""
    first = "|".join(sorted(_all("first_names")))
    return (Check("pii_name", f"(?:{first}) [A-Z]|{table(_TABLE)['gate']}", names),)
