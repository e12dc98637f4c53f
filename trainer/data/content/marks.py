"""Marks that a template, a program or an annotator left: slots to be filled, printf marks, hot keys."""

from __future__ import annotations

import re

from trainer.data.content.check import Check, Span
from trainer.data.content.table import Finder, disjoint, outside_code, pattern, spans, table

_TABLE = "markup.yaml"


def placeholders(text: str) -> list[Span]:
    """Slots nobody filled: {{name}}, {name}, ${x}, [Your Name], %%name%%, lorem ipsum, an answer that is "TODO"."""
    program = bool(pattern(_TABLE, "placeholders", "program").search(text))
    names = ("double", "marks", "filler", "whole", *(() if program else ("single", "shell")))
    found = [span for name in names for span in spans(pattern(_TABLE, "placeholders", name), "placeholder", text)]
    return disjoint(outside_code(text, found + _slots(text)))


def _slots(text: str) -> list[Span]:
    """Slots in square or angle brackets: their words say what is wanted. Links and our own marks are none."""
    slot = pattern(_TABLE, "placeholders", "slot").pattern
    square = re.compile(rf"(?<![\w\]])\[(?:{slot})\](?![(\[:\w])")
    angle = re.compile(rf"<(?:{slot})>")
    ended = set(re.findall(r"</([A-Za-z]{1,20})>", text))
    found = spans(square, "placeholder", text)
    return found + spans(angle, "placeholder", text, lambda m: _is_slot(m.group()[1:-1], ended))


def _is_slot(said: str, ended: set[str]) -> bool:
    """Whether words in angle brackets ask for something: <NAME>, <your name>; <text> is an element."""
    return said not in ended and (said.isupper() or not said.isalpha() or not said.isascii())


def formats(text: str) -> list[Span]:
    """Marks of printf and its kin: %s, %1$d, %(name)s, {0}; not "100% sure", and not in a call of printf."""
    if pattern(_TABLE, "format_marks", "program").search(text):
        return []
    found = spans(pattern(_TABLE, "format_marks", "find"), "format", text)
    if "{0" in text:
        found += spans(pattern(_TABLE, "format_marks", "numbered"), "format", text)
    return outside_code(text, disjoint(found))


def worked_sums(text: str) -> list[Span]:
    """What annotators of arithmetic write: <<48/2=24>> and a last line "#### 72"."""
    return spans(pattern(_TABLE, "annotation_marks", "find"), "annotation", text)


def hotkeys(text: str) -> list[Span]:
    """Underscores before a letter of a menu's word: _File, Sa_ve, 文件(_F); only in short texts that hold no code."""
    own = table(_TABLE)["hotkey_marks"]
    if len(text) > own["longest"] or pattern(_TABLE, "hotkey_marks", "program").search(text):
        return []
    if pattern(_TABLE, "hotkey_marks", "label").fullmatch(text.strip()):
        return []
    return disjoint(spans(pattern(_TABLE, "hotkey_marks", "find"), "hotkey", text))


def checks() -> tuple[Check, ...]:
    """The rules about marks."""
    finders: dict[str, Finder] = {
        "placeholders": placeholders,
        "format_marks": formats,
        "annotation_marks": worked_sums,
        "hotkey_marks": hotkeys,
    }
    return tuple(Check(rule, table(_TABLE)[rule]["gate"], find) for rule, find in finders.items())
