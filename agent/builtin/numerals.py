"""Numbers said in words, brought to digits: 'one e minus four', 'fünf', '三轮', '24 gigs'."""

from __future__ import annotations

import re
from functools import cache

from agent.builtin.data import table

_NOT_A_NUMBER = re.compile(
    r"(?:that|this|the|which|other|same|every|wrong|new|old|no|first|second|last|better|any|good|bad|"
    r"best|tuned|plain|base|original|each)\s$"
)
_COUNTED_ZH = r"(?=\s*(?:轮|个|组|次|条|倍|行|块|张|天|小时|epoch))"
_ZH = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "百": 100,
}


@cache
def _words(language: str) -> tuple[dict[str, int], re.Pattern[str]]:
    words = dict(table("numbers.yaml").get("en", {}))
    words.update(table("numbers.yaml").get(language, {}))
    names = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return words, re.compile(rf"(?<![\w.-])(?:{names})(?:[\s-]+(?:and\s+)?(?:{names}))*(?![\w-])")


def _value(phrase: str, words: dict[str, int]) -> int:
    total = current = 0
    for word in re.split(r"[\s-]+", phrase):
        number = words.get(word)
        if number is None:
            continue
        if number >= 1000:
            total, current = total + max(1, current) * number, 0
        elif number == 100:
            current = max(1, current) * 100
        else:
            current += number
    return total + current


def _spoken(text: str, language: str) -> str:
    words, pattern = _words(language)

    def change(match: re.Match[str]) -> str:
        phrase = match.group()
        if phrase in ("one", "a", "ein", "un") and _NOT_A_NUMBER.search(text[: match.start()]):
            return phrase
        parts = re.split(r"[\s-]+", phrase)
        small = [words.get(p, 0) for p in parts]
        # 'three four' is two numbers, 'twenty four' is one
        if len(parts) > 1 and all(0 < n < 20 for n in small):
            return " ".join(map(str, small))
        return str(_value(phrase, words))

    return pattern.sub(change, text)


def _chinese(text: str) -> str:
    return re.sub(rf"[一二两三四五六七八九十]{_COUNTED_ZH}", lambda m: str(_ZH[m.group()]), text)


def _grouping(text: str, language: str) -> str:
    text = re.sub(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])", lambda m: m.group().replace(",", ""), text)
    if language in ("de", "es", "fr", "pt", "it"):
        text = re.sub(
            r"(?<![\d.])[1-9]\d{0,2}(?:\.\d{3})+(?![\d.])",
            lambda m: m.group().replace(".", ""),
            text,
        )
        text = re.sub(r"(?<![\d,])(\d+),(\d+)(?![\d,])", r"\1.\2", text)
    return re.sub(r"(?<![\d,.])0,(\d+)(?![\d,])", r"0.\1", text)


def to_digits(text: str, language: str = "en") -> str:
    """Write spoken and grouped numbers as plain digits."""
    text = _grouping(_chinese(_spoken(text, language)), language)
    text = re.sub(r"(\d)\s*e\s*(?:minus|neg(?:ative)?|-)\s*(\d)", r"\1e-\2", text)
    text = re.sub(
        r"(\d(?:\.\d+)?)\s*(?:x|times|\*|×)\s*10\s*\^?\s*(?:to the )?(?:minus|-)\s*(\d)",
        r"\1e-\2",
        text,
    )
    text = re.sub(r"(?:zero |0 )?\bpoint (\d)", r"0.\1", text)
    text = re.sub(r"\.{2,}(?=\s*[\d.])", " to ", text)
    return re.sub(r"(\d)\s*(?:percent|prozent|por ciento|pour cent|pct|प्रतिशत|শতাংশ)", r"\1%", text)
