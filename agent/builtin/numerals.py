"""Numbers said in words, brought to digits: 'one e minus four', 'fünf', '三轮', '24 gigs'."""

from __future__ import annotations

import re
from functools import cache

from agent.builtin import fractions
from agent.builtin.data import table

_NOT_A_NUMBER = re.compile(
    r"(?:that|this|the|which|other|same|every|wrong|new|old|no|first|second|third|fourth|next|previous|last|better|any|good|bad|"
    r"best|tuned|plain|base|original|each)\s$"
)
_COUNTED_ZH = (
    r"(?=\s*(?:轮|个|组|次|条|倍|行|块|张|天|小时|分钟|遍|步|美元|美金|刀|周|卡|gb?(?![a-z])|k(?![a-z])|epoch))"
)
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
    words.update(table("numbers.yaml").get("any", {}))
    words.update(table("numbers.yaml").get(language, {}))
    names = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return words, re.compile(rf"(?<![\w.-])(?:{names})(?:[\s-]+(?:(?:and|y|et)\s+)?(?:{names}))*(?![\w-])")


def _value(phrase: str, words: dict[str, int]) -> int:
    total = current = 0
    for word in re.split(r"[\s-]+", phrase):
        number = words.get(word)
        if number is None:
            continue
        tens = 20 <= number < 100 and number % 10 == 0
        if tens and 0 < current < 100:
            # 'two fifty', 'twelve eighty'
            current = current * 100 + number
            continue
        if number >= 1000:
            total, current = total + max(1, current) * number, 0
        elif number == 100:
            current = max(1, current) * 100
        else:
            current += number
    return total + current


# 'do' is also 'give' and 'दो' too: a number only before what is counted
_COUNTED_HI = r"epoch|इपॉक|एपॉक|एपोक|gpu|ghant|घंट|baar|bar(?!\w)|बार|round|pass|din(?!\w)|दिन|card|run|trial|step|hazaa?r|हज़ार|हजार|sau|सौ|lakh|लाख"
_DO = re.compile(rf"(?<!\w)(?:do|दो)(?=\s+(?:{_COUNTED_HI}))")


def _spoken(text: str, language: str) -> str:
    words, pattern = _words(language)

    def change(match: re.Match[str]) -> str:
        phrase = match.group()
        if phrase in ("one", "a", "ein", "un") and _NOT_A_NUMBER.search(text[: match.start()]):
            return phrase
        parts = [p for p in re.split(r"[\s-]+", phrase) if p in words]
        joined = re.search(r"\s(?:y|et)\s", phrase) and not re.search(r"(?:ta|te|nta|nte)\s(?:y|et)\s", phrase)
        if joined or (" and " in phrase and not re.search(r"(?:hundred|thousand) and ", phrase)):
            # 'two and three' is two numbers, 'two hundred and three' is one
            return re.sub(
                r"(?<!\w)(?:" + "|".join(map(re.escape, parts)) + r")(?!\w)", lambda m: str(words[m.group()]), phrase
            )
        small = [words.get(p, 0) for p in parts]
        # 'three four' is two numbers, 'twenty four' is one
        if len(small) == 2 and 0 < small[0] < 10 <= small[1] < 20:
            return str(small[0] * 100 + small[1])  # 'five twelve'
        if len(parts) > 1 and all(0 < n < 20 for n in small):
            return " ".join(map(str, small))
        return str(_value(phrase, words))

    if language == "hi":
        text = _DO.sub("2", text)
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
    return re.sub(r"(?<![\d,.])0,(\d+)(?![\d,]|\.\d)", r"0.\1", text)


_SCALE = {"hundred": 100, "hundert": 100, "千": 1000, "万": 10000, "lakh": 100000, "lakhs": 100000}
_SCALE |= {"लाख": 100000, "লাখ": 100000, "লক্ষ": 100000}


def _scaled(match: re.Match[str]) -> str:
    """'2 hundred', '3 लाख': a digit before a word for its size."""
    return f"{float(match.group(1)) * _SCALE.get(match.group(2), 1000):.10g}"


_DIGIT_WORDS = {
    "oh": "0", "o": "0", "zero": "0", "nought": "0", "naught": "0", "null": "0", "cero": "0", "zéro": "0",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "eins": "1", "zwei": "2", "drei": "3", "vier": "4", "fünf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9",
    "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
    "un": "1", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "sept": "7", "huit": "8", "neuf": "9",
    "शून्य": "0", "एक": "1", "दो": "2", "तीन": "3", "चार": "4", "पांच": "5", "पाँच": "5",
    "শূন্য": "0", "এক": "1", "দুই": "2", "তিন": "3", "চার": "4", "পাঁচ": "5",
}  # fmt: skip
_DIGIT_NAMES = "|".join(sorted(_DIGIT_WORDS, key=len, reverse=True))
_POINT = re.compile(
    rf"(?<![\w.])(?:(?P<whole>\d+|{_DIGIT_NAMES})\s+)?(?:point|dot|komma|coma|virgule|दशमलव|দশমিক|pointo?)"
    rf"(?P<digits>(?:[\s-]+(?:{_DIGIT_NAMES}|\d)(?![\w.]))+)"
)


def _point(text: str) -> str:
    """'point oh three' as 0.03, 'null komma eins' as 0.1."""

    def change(match: re.Match[str]) -> str:
        digits = "".join(_DIGIT_WORDS.get(w, w) for w in re.split(r"[\s-]+", match.group("digits").strip(" -")))
        whole = match.group("whole") or "0"
        if (
            digits in ("1", "2", "3")
            and not match.group("whole")
            and re.match(r"\s+(?:is|was|on|of|about)(?!\w)", text[match.end() :])
        ):
            return match.group()  # 'point one is ...' counts points
        if re.search(
            r"(?:at (?:this|that|some|the|one)|good|your|my|first|second|this|that|the|what|which|no)\s$",
            text[: match.start()],
        ) and not match.group("whole"):
            return match.group()
        return f"{_DIGIT_WORDS.get(whole, whole)}.{digits}"

    return _POINT.sub(change, text)


def to_digits(text: str, language: str = "en") -> str:
    """Write spoken and grouped numbers as plain digits."""
    text = _point(fractions.to_digits(text))
    text = re.sub(r"(?<![\d.])(\d+(?:\.\d+)?)\s+(hundred|thousand|hundert|tausend)(?!\w)", _scaled, text)
    text = _grouping(_chinese(_spoken(text, language)), language)
    text = re.sub(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(万|千(?!万)|लाख|लाख़|हज़ार|हजार|हज़ार|হাজার|লাখ|লক্ষ)", _scaled, text)
    text = re.sub(r"(?<![\d.])(\d+(?:\.\d+)?)\s+(lakhs?|hazaa?r|hajar)(?!\w)", _scaled, text)
    text = re.sub(r"(?<=seed )\d(?: \d){2,}(?!\w)", lambda m: m.group().replace(" ", ""), text)
    text = re.sub(r"(\d)\s*e\s*(?:minus|neg(?:ative)?|-)\s*(\d)", r"\1e-\2", text)
    text = re.sub(
        r"(\d(?:\.\d+)?)\s*(?:x|times|\*|×)\s*10\s*\^?\s*(?:to the )?(?:minus|-)\s*(\d)",
        r"\1e-\2",
        text,
    )
    text = re.sub(r"(?:zero |0 )?\bpoint (\d)", r"0.\1", text)
    text = re.sub(r"\.{2,}(?=\s*[\d.])", " to ", text)
    return re.sub(r"(\d)\s*(?:percent|prozent|por ciento|pour cent|pct|प्रतिशत|শতাংশ)", r"\1%", text)
