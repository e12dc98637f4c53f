"""Reading of the tables beside the code, once, on first use."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LATIN = r"[0-9A-Za-zÀ-ɏ_]"


@cache
def table(name: str) -> Any:
    """The content of a YAML or JSON table that lies in this folder."""
    text = (HERE / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.load(text, Loader=_LOADER)


def bounded(fragment: str) -> str:
    """A cue as a regular expression: whole words in Latin letters, `*` at the end for a stem.

    Chinese, Hindi and Bangla cues are found anywhere: no blanks can be relied on there.
    """
    stem = bool(re.search(rf"(?:\\w|(?<!\\){_LATIN})\*$", fragment))
    body = fragment.removesuffix("*").removesuffix(r"\w") if stem else fragment
    body = body.replace(" ?", r"\s*").replace(" ", r"\s+")
    left = rf"(?<!{_LATIN})" if re.match(rf"(?:\((?:\?:)?)*{_LATIN}", body) else ""
    if stem:
        return f"{left}(?:{body}){_LATIN}*"
    if not re.search(r"[A-Za-zÀ-ɏ]", re.sub(r"\\.", "", body)):
        return f"{left}(?:{body})"  # '预热(比例)?' is followed by a digit as it likes
    right = rf"(?!{_LATIN})" if re.search(rf"(?:{_LATIN}|[)?\]+*}}])$", body) else ""
    return f"{left}(?:{body}){right}"


@cache
def cues(line: str) -> tuple[str, ...]:
    """Cues of one table line: parted by commas, except inside brackets and quotes."""
    line = unicodedata.normalize("NFC", line)  # as `text.tidy` leaves what is typed (Bangla and Hindi dots)
    parts, depth, current, quote = [], 0, "", False
    for char in re.findall(r"\\.|.", line, re.S):
        if char == "'" and (quote or not current.strip()):
            quote = not quote
            continue
        if len(char) == 1:
            depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0 and not quote:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    return tuple(p for p in [*parts, current.strip()] if p)


@cache
def cue_pattern(fragments: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for many cues; the longest first, so that it wins."""
    ordered = sorted(fragments, key=len, reverse=True)
    return re.compile("|".join(bounded(f) for f in ordered))
