"""Markup of pages in plain text: tags and entities."""

from __future__ import annotations

import html
import re

from trainer.data.content.check import Check, Span
from trainer.data.content.table import disjoint, outside_code, pattern, replaced, spans, table, words

_TABLE = "markup.yaml"


def tags(text: str) -> list[Span]:
    """Tags, comments and entities outside of code; `<3`, `a < b`, `<anna@x.org>` and `<name>` are none."""
    ended = {m["name"].lower() for m in pattern(_TABLE, "html", "tag").finditer(text) if m["end"]}
    found = spans(pattern(_TABLE, "html", "tag"), "html", text, lambda m: _is_tag(m, ended))
    found += spans(pattern(_TABLE, "html", "other"), "html", text)
    found += spans(pattern(_TABLE, "html", "entity"), "html", text, lambda m: html.unescape(m.group()) != m.group())
    return outside_code(text, disjoint(found))


def _is_tag(match: re.Match[str], ended: set[str]) -> bool:
    """Whether a name in angle brackets is a tag: words for something else need an attribute or an end."""
    name, rest = match["name"].lower(), match["rest"] or ""
    if name in words(_TABLE, "html", "tags"):
        return not rest.strip(" /") or "=" in rest or name not in {"a", "b", "i", "p", "q", "u"}
    return name in words(_TABLE, "html", "unsure") and ("=" in rest or name in ended)


def strip_html(text: str) -> str:
    """The text without tags and comments, entities as their characters, a line's end where a block ends.

    Code in backticks stays. Scripts and style sheets go with what they hold.
    """
    text = replaced(text, outside_code(text, _unseen(text)), lambda *_: "")
    ends = outside_code(text, spans(pattern(_TABLE, "html", "line"), "line", text))
    text = replaced(text, ends, lambda *_: "\n")
    return replaced(text, tags(text), lambda _, piece: html.unescape(piece) if piece.startswith("&") else "")


def _unseen(text: str) -> list[Span]:
    """Scripts and style sheets with their tags; one that isn't closed is none."""
    found, at, ends = [], 0, pattern(_TABLE, "html", "unseen_end")
    for start in pattern(_TABLE, "html", "unseen").finditer(text):
        if start.start() < at:
            continue
        end = ends.search(text, start.end())
        if not end:
            break
        found.append(Span(start.start(), end.end(), "unseen"))
        at = end.end()
    return found


def checks() -> tuple[Check, ...]:
    """The rule about markup."""
    return (Check("html", table(_TABLE)["html"]["gate"], tags),)
