"""Shares and mixed numbers said in words, brought to digits: 'two and a half', 'a third of', 'anderthalb', '四分之一'."""

from __future__ import annotations

import re
from collections.abc import Callable

_ONES = {
    "a": 1.0, "an": 1.0, "one": 1.0, "ein": 1.0, "eine": 1.0, "einen": 1.0, "un": 1.0, "una": 1.0, "une": 1.0, "ek": 1.0,
    "two": 2.0, "zwei": 2.0, "dos": 2.0, "deux": 2.0, "three": 3.0, "drei": 3.0, "tres": 3.0, "trois": 3.0,
    "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0,
    "vier": 4.0, "cuatro": 4.0, "quatre": 4.0, "fünf": 5.0, "cinco": 5.0, "cinq": 5.0,
}  # fmt: skip
_PARTS = {
    3: r"thirds?|drittel[ns]?|tercios?|tiers|tihai|तिहाई",
    4: r"quarters?|fourths?|viertel[ns]?|cuartos?|quarts?|chauthai|chouthai|चौथाई|সিকি",
    5: r"fifths?|fünftel[ns]?|quintos?|cinquièmes?",
    6: r"sixths?|sechstel[ns]?|sextos?|sixièmes?",
    8: r"eighths?|achtel[ns]?|octavos?|huitièmes?",
    10: r"tenths?|zehntel[ns]?|décimos?|dixièmes?|décima parte",
    20: r"twentieths?|zwanzigstel[ns]?",
    100: r"hundredths?|hundertstel[ns]?|centésimos?",
}
_PART = "|".join(rf"(?P<p{n}>{words})" for n, words in _PARTS.items())
# 'a third run' is no share, 'a third of the run' is
_ENDS = (
    r"(?=\s*$|\s*[,.;:!?)]|\s+(?:of|the(?= (?:lr|learning|rank|batch|context|current|old|original|alpha|warmup))|for|aside|as|off|away|back|lower|less|fewer|more|smaller|higher|bigger|down|up|please|"
    r"out|to|und|and|der|des|von|vom|zum|zur|für|als|weniger|mehr|kleiner|niedriger|größer|höher|beiseite|zurück\w*|"
    r"de|del|para|menos|más|du|pour|moins|kar|karo|kam|rakho|ke|ka|की|का|के|कर|er|kore|koro|reduzier\w*|senk\w*|kürz\w*)(?!\w))"
)
_SHARE = re.compile(
    rf"(?<![\w.,/-])(?:(?P<n>\d+|{'|'.join(_ONES)})[\s-]+|(?P<bare>(?:to|by|auf|um|a|an|la|le|the|die)\s+(?:one[- ])?)?)"
    rf"(?:{_PART}){_ENDS}"
)
_ZH_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_ZH_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_ZH_NUMBER = r"[零〇一二两三四五六七八九十百千万]+|\d+(?:\.\d+)?"
_MONEY_BEFORE = re.compile(
    r"(?:[\d$€£₹%]|dollars?|bucks|cents?|euros?|usd|eur|pounds?|quid|rupees?|times|per|steps?)\s$"
)
_HOUR = r"(?:hours?|hrs?|stunden?|horas?|heures?|ghant[ae]|ghonta\w*|घंटे|घंटा|घण्टे|ঘণ্টা\w*|ঘন্টা\w*)"
_DAY = r"(?:days?|tage?|días?|dias?|jours?|din|दिन|দিন)"


def chinese(text: str) -> int | None:
    """'二十四' as 24; None where the signs are no number."""
    total = section = digit = 0
    for char in text:
        if char in _ZH_DIGIT:
            digit = _ZH_DIGIT[char]
        elif char == "万":
            total, section, digit = (total + section + digit) * 10000, 0, 0
        elif char in _ZH_UNIT:
            section, digit = section + (digit or 1) * _ZH_UNIT[char], 0
        else:
            return None
    return total + section + digit


def _plain(value: float) -> str:
    return f"{value:.6g}"


def _share(match: re.Match[str]) -> str:
    part = next(n for n in _PARTS if match.group(f"p{n}"))
    said = match.group("n")
    count = float(said) if said and said.isdigit() else _ONES.get(said or "", 1.0)
    lead = match.group("bare") or ""
    if (
        not said
        and not re.match(r"(?:to|by|auf|um)\s", lead)
        and not re.search(r"tihai|chauthai|तिहाई|चौथाई|parte", match.group())
    ):
        return match.group()
    if count >= part:
        return match.group()
    kept = re.match(r"(?:to|by|auf|um)\s", lead)
    return f"{kept.group() if kept else ''}{_plain(100 * count / part)}%"


def _zh_share(match: re.Match[str]) -> str:
    bottom, top = (float(g) if g[0].isdigit() else chinese(g) for g in match.groups())
    return match.group() if not bottom or top is None else f"{_plain(100 * top / bottom)}%"


def _zh_decimal(match: re.Match[str]) -> str:
    return str(chinese(match.group(1))) + "." + "".join(str(_ZH_DIGIT[c]) for c in match.group(2))


def _zh_whole(match: re.Match[str]) -> str:
    if re.search(r"千万|万一|十分", match.group()[:2]):
        return match.group()
    value = chinese(match.group())
    return match.group() if value is None else str(value)


def _minutes(hours: float) -> str:
    return f"{_plain(hours * 60)} minutes"


def _one_hour(match: re.Match[str]) -> str:
    before = match.string[: match.start()]
    return match.group() if _MONEY_BEFORE.search(before) else f"1 {match.group(1)}"


def _and_a_half(match: re.Match[str]) -> str:
    said = match.group(1)
    value = float(said) if said[0].isdigit() else _ONES[said]
    return _plain(value + 0.5)


_N = rf"(\d+|{'|'.join(_ONES)})"
_HALVES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # 1.5, 2.5 in one word
    (r"(?<!\w)(?:anderthalb|eineinhalb|einundeinhalb)(?:e[nrs]?)?(?!\w)", "1.5"),
    (r"(?<!\w)zweieinhalb(?!\w)", "2.5"),
    (r"(?<!\w)dreieinhalb(?!\w)", "3.5"),
    (r"(?<!\w)(?:dedh|derh|dehr)(?!\w)|डेढ़|डेढ़|देढ़|দেড়|দেড়", "1.5"),
    (r"(?<!\w)(?:dhai|dhaai|adhai|arhai)(?!\w)|ढाई|ढाई|अढ़ाई|আড়াই|আড়াই", "2.5"),
    (r"(?<!\w)(?:der|derh|dere)(?=\s+(?:ghont|epoch))", "1.5"),
    (r"(?<!\w)(?:arai|adai)(?=\s+(?:ghont|ghant|epoch))", "2.5"),
    # a unit in between: 'an hour and a half', 'una hora y media', '一个半小时'
    (rf"(?<!\w){_N}\s+({_HOUR}|{_DAY}|epoch|pass|época|epoca|époque|round)\s+(?:and\s+a\s+half|y\s+medi[ao]|et\s+demie?)(?!\w)",
     lambda m: f"{_and_a_half(m)} {m.group(2)}"),
    (r"(?<!\w)(hora|época|epoca|pasada|vuelta)\s+y\s+media(?!\w)", r"1.5 \1"),
    (rf"(?<![\w.]){_N}\s+and\s+a\s+half(?!\w)", _and_a_half),
    (rf"(?<![\w.]){_N}\s+y\s+medi[ao](?!\w)", _and_a_half),
    (r"([一二两三四五六七八九\d])\s*个半(?=小时|钟头|epoch|天|月)", lambda m: f"{m.group(1) if m.group(1).isdigit() else chinese(m.group(1))}.5"),
    (r"([一二两三四五六七八九\d])\s*轮半", lambda m: f"{m.group(1) if m.group(1).isdigit() else chinese(m.group(1))}.5轮"),
    (r"([一二两三四五六七八九\d])\s*天半", lambda m: f"{m.group(1) if m.group(1).isdigit() else chinese(m.group(1))}.5天"),
    # half of a unit
    (rf"(?<!\w)(?:three[ -]quarters? of an? hour|dreiviertelstunde|tres cuartos de hora|trois quarts d'heure|pon[ea] ghant[ae]|{'पौन घंटे'})(?!\w)", "45 minutes"),
    (r"(?<!\w)(?:a\s+quarter(?:\s+of\s+an|[ -])\s*hour|quarter\s+of\s+an\s+hour|(?:eine\s+)?viertelstunde|(?:un\s+)?cuarto\s+de\s+hora|(?:un\s+)?quart\s+d'heure)(?!\w)|一刻钟", "15 minutes"),
    (r"(?<!\w)(?:half\s+an?\s+hour|half[- ]hour|half-an-hour|(?:eine[rn]?\s+)?halbe[nr]?\s+stunde|(?:una\s+)?media\s+hora|(?:une\s+)?demi[- ]heure|"
     r"(?:ek\s+)?aadh[aei]\s+ghant[ae]|adh[aei]\s+ghant[ae]|adha\s*ghont[ao]\w*|aadha\s*ghont[ao]\w*)(?!\w)|आध[ेा]\s*घंट[ेा]|আধা?\s*ঘ[ণন]্?টা\w*|আধ\s*ঘণ্টা\w*|半个?(?:小时|钟头)", "30 minutes"),
    (r"(?<!\w)(?:half\s+a\s+day|(?:einen?\s+)?halbe[nr]?\s+tag|medio\s+d[ií]a(?=\s+(?:como|de|m[aá]x))|(?:une\s+)?demi-journée|aadh[ae] din|adha din)(?!\w)|半天", "12 hours"),
    (r"(?<!\w)half\s+a\s+(?:dollar|buck)(?!\w)", "50 cents"),
    (r"(?<!\w)half\s+an?\s+(?=epoch|pass(?:\s|$))", "0.5 "),
    (r"(?<!\w)(?:eine\s+)?halbe\s+(?=epoche)|(?<!\w)media\s+(?=[ée]poca)|(?<!\w)(?:une\s+)?demi[- ]?(?=époque)|(?<!\w)aadh[aei]\s+(?=epoch)|半个?(?=轮|epoch)", "0.5 "),
    (r"(?<!\w)(?:an?|eine?|une?)\s+(hour|stunde|heure)(?!\w)", _one_hour),
    (r"(?<!\w)a\s+(day)(?=\s+(?:at most|max|tops|or less|in total))", r"1 \1"),
    (r"(?<!\w)half\s+a\s+dozen(?!\w)", "6"),
    # how many times
    (r"(?<!\w)(?:an|one|1)\s+order\s+of\s+magnitude(?!\w)|(?<!\w)eine\s+größenordnung(?!\w)|(?<!\w)un\s+orden\s+de\s+magnitud(?!\w)|(?<!\w)un\s+ordre\s+de\s+grandeur(?!\w)|一个数量级", "10 times"),
    (r"(?<!\w)(?:two|2)\s+orders\s+of\s+magnitude(?!\w)|两个数量级", "100 times"),
    (r"(?<!\w)(?:ten-?fold|zehnfach\w*|zehn\s?mal)(?!\w)", "10x"),
    (r"(?<!\w)(?:five-?fold|fünffach\w*)(?!\w)", "5x"),
    (r"(?<!\w)(?:four-?fold|vierfach\w*)(?!\w)", "4x"),
    (r"(?<!\w)(?:three-?fold|dreifach\w*)(?!\w)", "3x"),
    (r"(?<!\w)(?:das|dosh|dus) gun[ae]?(?!\w)|दस गुना|দশ ?গুণ", "10x"),
    (r"(?<!\w)(?:do|dui) gun[ae]?(?!\w)|दो गुना|দুই ?গুণ", "2x"),
    (r"(?<!\w)(?:teen|tin) gun[ae]?(?!\w)|तीन गुना|তিন ?গুণ", "3x"),
    (r"(?<!\w)(?:char|chaar) gun[ae]?(?!\w)|चार गुना|চার ?গুণ", "4x"),
    (r"(?<!\w)(?:panch|paanch|pach) gun[ae]?(?!\w)|पांच गुना|पाँच गुना|পাঁচ ?গুণ", "5x"),
    (r"(?<!\w)two-?fold(?!\w)", "2x"),
    (r"(?<!\w)(by|um)\s+(?:a\s+|die\s+)?(?:half|hälfte)(?!\w)", r"\1 50%"),
)  # fmt: skip
_COMPILED = tuple((re.compile(p), r) for p, r in _HALVES)
_LENGTH_OF_HOURS = re.compile(rf"(?<![\w.])(\d+\.\d+)\s*(?:{_HOUR}|小时|钟头)(?!\w)")


def to_digits(text: str) -> str:
    """Mixed numbers, halves of a unit, shares and Chinese numbers as digits; what is no amount stays."""
    for pattern, new in _COMPILED:
        text = pattern.sub(new, text)
    text = _LENGTH_OF_HOURS.sub(lambda m: _minutes(float(m.group(1))), text)
    text = re.sub(
        rf"百分之({_ZH_NUMBER})",
        lambda m: (m.group(1) if m.group(1)[0].isdigit() else str(chinese(m.group(1)))) + "%",
        text,
    )
    text = re.sub(rf"({_ZH_NUMBER})分之({_ZH_NUMBER})", _zh_share, text)
    text = re.sub(r"([零〇一二两三四五六七八九十])点([零〇一二三四五六七八九]+)(?![钟半])", _zh_decimal, text)
    text = re.sub(
        r"(?<![零〇一二两三四五六七八九十百千万几数好])(?:[一二两三四五六七八九]?十[一二三四五六七八九]|[一二两三四五六七八九]+[十百千万][零〇一二两三四五六七八九十百千万]*)",
        _zh_whole,
        text,
    )
    return _SHARE.sub(_share, text)
