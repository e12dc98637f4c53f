"""Which language a message is written in: by script, then by its small words."""

from __future__ import annotations

import re
from functools import lru_cache

from agent.builtin.data import table

_SCRIPTS = (
    ("zh", "[\u4e00-\u9fff]"),
    ("hi", "[\u0900-\u097f]"),
    ("bn", "[\u0980-\u09ff]"),
    ("ja", "[\u3040-\u30ff]"),
    ("ko", "[\uac00-\ud7af]"),
    ("ar", "[\u0600-\u06ff]"),
)
_MARKS = {"de": "äöüß", "es": "ñ¿¡", "fr": "çèêàùœ"}


@lru_cache(maxsize=1)
def _small_words() -> dict[str, frozenset[str]]:
    return {k: frozenset(str(v).split()) for k, v in table("languages.yaml")["small_words"].items()}


def detect(text: str) -> str:
    """ISO code of the message's language; Latin-letter Hindi and Bangla are told apart too."""
    for code, letters in _SCRIPTS:
        if re.search(letters, text):
            return code
    words = re.findall(r"[^\W\d_]+", text.lower())
    scores = {k: sum(w in small for w in words) for k, small in _small_words().items()}
    for code, marks in _MARKS.items():
        scores[code] += sum(m in text.lower() for m in marks)
    best = max(scores, key=lambda k: (scores[k], k == "en"))
    return best if scores[best] > 0 else "en"


@lru_cache(maxsize=1)
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    names = {str(n): code for code, line in table("languages.yaml")["names"].items() for n in str(line).split()}
    alternatives = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?<![a-zà-ÿ])(?:{alternatives})(?![a-zà-ÿ])"), names


def named(text: str) -> list[tuple[int, str]]:
    """Languages named in a (lower-case) text: position and ISO code."""
    pattern, names = _names()
    return [(m.start(), names[m.group()]) for m in pattern.finditer(text)]
