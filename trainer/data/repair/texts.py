"""Steps that rewrite texts where they stand: every text of the columns in use, messages included."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from trainer.data import content
from trainer.data.repair import steps as s
from trainer.data.repair.cells import cells, mapped, put
from trainer.data.repair.items import Item, extras, text_columns
from trainer.data.repair.private import Redactor, Suspects
from trainer.data.repair.work import Work

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+")
ROUNDS = 4
"""Times a repair is repeated on its own result: what was garbled twice is mended twice."""


def _texts(items: Iterator[Item], work: Work, change: Callable[[str], str]) -> Iterator[Item]:
    """Every text in use, changed until the change finds nothing more to do."""

    def settled(text: str) -> str:
        for _ in range(ROUNDS):
            new = change(text)
            if new == text:
                return text
            text = new
        return text

    return work.rewritten(items, lambda item: mapped(item.value, text_columns(item.value, work.shape), settled))


def redact(step: s.Redact, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Placeholders for private values, in every column: unused ones are written to the new file too.

    In columns of ids and dates only e-mail addresses and keys are looked for: numbers there are no phones.
    """
    redactor = Redactor(step.kinds)
    careful = tuple(k for k in step.kinds if k in ("email", "key"))
    fixed = set(extras(work.shape).values())

    suspects = Suspects(step.kinds)

    def change(item: Item) -> tuple[Any, list[Any]]:
        if item.row not in suspects.rows:
            return item.value, []
        value, changes = mapped(item.value, [c for c in item.value if c not in fixed], redactor)
        value, more = mapped(value, [c for c in value if c in fixed], lambda text: redactor.only(careful, text))
        return value, changes + more

    yield from work.rewritten(suspects.watch(items), change)
    work.tally.note = redactor.summary()


def escape_control(step: s.EscapeControl, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Control tokens (of well-known templates and of the chosen model) with a blank inside: text, no token."""
    return _texts(items, work, lambda text: content.escape_control(text, work.tokens))


def fix_encoding(step: s.FixEncoding, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Wrongly decoded characters put right; quotes, ligatures and spaces stay as they are."""
    return _texts(items, work, content.fix_encoding)


def strip_html(step: s.StripHtml, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """The words of texts that hold HTML; code in backticks stays."""
    return _texts(items, work, content.strip_html)


def strip_boilerplate(step: s.StripBoilerplate, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Texts without the lines that begin or end many rows (the doctor's list)."""
    found = work.diagnosis.found.get("boilerplate")
    lines = frozenset(found.facts.get("all", ())) if found else frozenset()
    return _texts(items, work, lambda text: _without_edges(text, lines))


def _without_edges(text: str, lines: frozenset[str]) -> str:
    """A text that is nothing but boilerplate stays: an empty row would be a new fault."""
    parts = re.split(r"(\n)", text) if "\n" in text.strip() else re.split(r"((?<=[.!?。！？])\s+)", text)
    filled = [i for i, part in enumerate(parts) if part.strip()]
    edges = {*filled[:1], *filled[-3:]} if len(filled) > 1 else set()
    cut = {i for i in edges if parts[i].strip() in lines}
    if not cut or len(cut) == len(filled):
        return text
    left = "".join(part for i, part in enumerate(parts) if i not in cut)
    return left.lstrip("\n ") if filled[0] in cut else left.rstrip()


def fill_placeholders(step: s.FillPlaceholders, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Placeholders with the values a person gave; one that was not named stays."""
    names = "|".join(re.escape(name) for name in sorted(step.values, key=len, reverse=True))
    pattern = re.compile(rf"\{{\{{\s*({names})\s*\}}\}}|\$\{{({names})\}}|\[({names})\]")

    def change(item: Item) -> tuple[Any, list[Any]]:
        value, changes = item.value, []
        for path, text in cells(item.value, text_columns(item.value, work.shape)):
            new = pattern.sub(lambda m: step.values[next(g for g in m.groups() if g is not None)], text)
            if new != text:
                value = put(value, path, new)
                changes.append((path, text, new))
        return value, changes

    return work.rewritten(items, change)
