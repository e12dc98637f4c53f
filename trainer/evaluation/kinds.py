"""What kind of answers a data set asks for, told by the answers themselves; so which figures say whether they came."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

MOST = 0.95
"""Share of the answers that must be of a kind."""
FEW_WORDS = 6
"""Words in the middle answer, up to which it is short."""
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
ENDS_IN_NUMBER = re.compile(r"(?:####\s*|=\s*|\bis\s+|^)[-+$€£]*\d[\d,]*(?:\.\d+)?[%.]?\s*$")


class Kind(BaseModel):
    """A kind of answers, the figure that decides, and what it can't see."""

    model_config = ConfigDict(frozen=True)

    name: str
    metric: str
    also: tuple[str, ...]
    why: str
    blind: str


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    table = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return {name: Kind(name=name, **row) for name, row in table.items()}


def kind_of(references: Sequence[str], labels: bool, tested: Sequence[bool] = ()) -> Kind:
    """The kind of these right answers; `labels` where the plan says so; `tested`: whether a row has tests for it."""
    return kinds()[_name(references, labels, tested)]


def _name(references: Sequence[str], labels: bool, tested: Sequence[bool]) -> str:
    if labels:
        return "labels"
    if _mostly(tested):
        return "code"
    told = [document(text) for text in references]
    if _mostly([isinstance(d, dict | list) and _calls(d) for d in told]):
        return "tool_calls"
    if _mostly([isinstance(d, dict | list) for d in told]):
        return "json"
    if _mostly([bool(ENDS_IN_NUMBER.search(text.strip())) for text in references]):
        return "numbers"
    words = sorted(len(words_of(text)) for text in references)
    return "short" if words and words[len(words) // 2] <= FEW_WORDS else "text"


_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\s\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")


def words_of(text: str) -> list[str]:
    """Words; of scripts without blanks between them (Chinese, Japanese, Thai) each letter."""
    return _WORD.findall(text)


def document(text: str) -> Any:
    """The JSON document that a text is, a fence around it aside; None where it is none."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*(.*?)\s*```\s*", text, re.DOTALL)
    try:
        return json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return None


def _calls(found: Any) -> bool:
    """Whether a document is a call of a tool, or a list of them."""
    calls = found if isinstance(found, list) else [found]
    return bool(calls) and all(isinstance(c, dict) and "name" in c and "arguments" in c for c in calls)


def _mostly(found: Sequence[bool]) -> bool:
    return bool(found) and sum(found) >= MOST * len(found)
