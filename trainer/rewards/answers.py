"""A written answer as a reward sees it, whether TRL hands it over as a string or as messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trainer.data.convert import as_text

ASKED = "_asked"
"""The column with a row's prompt as a person wrote it."""

_OURS = ("reference", "row", "completion_ids", "trainer_state", "log_extra", "log_metric", "environments")
"""Columns that are not the row's own: given under another name, or TRL's means of logging."""
_THOUGHT_ENDS = "</think>"


@dataclass(frozen=True)
class Answer:
    """One answer with the row it was written for."""

    text: str
    prompt: str = ""
    reference: str = ""
    """The row's own answer; '' where it has none."""
    row: int | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    """The row's further columns, `tests` for one."""

    @property
    def final(self) -> str:
        """What comes after a reasoning model's thoughts; all of it where there are none."""
        return self.text.rpartition(_THOUGHT_ENDS)[2].strip()


def answers(completions: Sequence[Any], prompts: Sequence[Any], columns: dict[str, Any]) -> list[Answer]:
    """TRL's columns -> one Answer a completion."""
    count = len(completions)
    listed = {k: v for k, v in columns.items() if isinstance(v, list | tuple) and len(v) == count}
    own = {k: v for k, v in listed.items() if k not in _OURS}
    references, rows = listed.get("reference", [""] * count), listed.get("row", [None] * count)
    asked = prompts or [""] * count
    return [
        Answer(said(c), said(p), as_text(r) if r is not None else "", n, {k: v[at] for k, v in own.items()})
        for at, (c, p, r, n) in enumerate(zip(completions, asked, references, rows, strict=True))
    ]


def said(value: Any) -> str:
    """The text of a string, of a message's parts, or of the last message of a conversation."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return said(value.get("content", value.get("text")) or "")
    if isinstance(value, list | tuple) and value:
        parts = all(isinstance(part, dict) and "role" not in part for part in value)
        return "".join(map(said, value)) if parts else said(value[-1])
    return ""
