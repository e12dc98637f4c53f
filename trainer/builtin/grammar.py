"""A small template grammar: text files of alternatives, expanded with a seeded random source.

A file holds rules. `[name]` opens a rule whose every line is one alternative; `[name words]`
opens a rule whose alternatives are separated by commas. Inside an alternative, `{rule}` expands
another rule, `{a|b|}` picks one of the parts, `{rule#key}` is expanded once per text and then
repeated, `{^rule}` is capitalised.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent / "wording"
_HEADER = re.compile(r"\[([a-z_.]+)( words)?\]$")
_REFERENCE = re.compile(r"(\^?)([a-z_.]+)(?:#([a-z0-9]+))?$")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIO])")

Literal = str
Reference = tuple[str, str, bool]
"""Rule name, key under which the text is remembered ("" for none), whether to capitalise."""
Alternative = tuple["Literal | Reference", ...]


class Grammar:
    """Rules by name. Built once from text; expanding changes nothing in it."""

    def __init__(self, lines: Iterable[str]):
        self.rules: dict[str, list[Alternative]] = {}
        name, words = "", False
        for line in (raw.strip() for raw in lines):
            if not line or line.startswith("#"):
                continue
            if header := _HEADER.match(line):
                name, words = header[1], bool(header[2])
                self.rules.setdefault(name, [])
                continue
            options = [part.strip() for part in line.split(",")] if words else [line]
            self.rules[name] += [self._parse(option) for option in options if option]

    def names(self, prefix: str) -> list[str]:
        """Names of the rules below `prefix`, sorted."""
        return sorted(name for name in self.rules if name.startswith(prefix))

    def expand(self, rule: str, rng: Random, alias: Mapping[str, str] | None = None) -> str:
        """One text of `rule`. `alias` stands rule names in for names used inside templates."""
        text = self._expand(rule, rng, alias or {}, {})
        return _ARTICLE.sub(r"\1n ", text)

    def say(self, template: str, rng: Random, alias: Mapping[str, str] | None = None) -> str:
        """One text of a template given directly."""
        text = self._join(self._parse(template), rng, alias or {}, {})
        return _ARTICLE.sub(r"\1n ", text)

    def _expand(self, rule: str, rng: Random, alias: Mapping[str, str], seen: dict[str, str]) -> str:
        options = self.rules[alias.get(rule, rule)]
        return self._join(options[int(rng.random() * len(options))], rng, alias, seen)

    def _join(self, parts: Alternative, rng: Random, alias: Mapping[str, str], seen: dict[str, str]) -> str:
        out = []
        for part in parts:
            if isinstance(part, str):
                out.append(part)
                continue
            name, key, capital = part
            text = seen.get(key) if key else None
            if text is None:
                text = self._expand(name, rng, alias, seen)
                if key:
                    seen[key] = text
            out.append(text[:1].upper() + text[1:] if capital else text)
        return "".join(out)

    def _parse(self, text: str) -> Alternative:
        parts: list[Literal | Reference] = []
        position = 0
        while (start := text.find("{", position)) >= 0:
            end = _closing(text, start)
            if start > position:
                parts.append(text[position:start])
            parts.append(self._reference(text[start + 1 : end]))
            position = end + 1
        if position < len(text):
            parts.append(text[position:])
        return tuple(parts)

    def _reference(self, inside: str) -> Reference:
        if match := _REFERENCE.match(inside):
            return match[2], match[3] or "", bool(match[1])
        # An inline choice becomes a rule of its own, named by its text.
        if inside not in self.rules:
            self.rules[inside] = []
            self.rules[inside] = [self._parse(option) for option in _split(inside)]
        return inside, "", False


def load(names: Iterable[str] | None = None) -> Grammar:
    """The grammar of the files in `wording` (all of them, or those named)."""
    paths = [FOLDER / f"{name}.txt" for name in names] if names else sorted(FOLDER.glob("*.txt"))
    return Grammar(line for path in paths for line in path.read_text("utf-8").splitlines())


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == "{") - (text[index] == "}")
        if depth == 0:
            return index
    raise ValueError(f"unclosed brace in template: {text}")


def _split(text: str) -> list[str]:
    """Parts of an inline choice, braces inside left whole."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if letter == "|" and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]
