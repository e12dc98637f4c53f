"""Numbers in a text, with their marks: 1e-4, .05, 3%, 2k, 10x."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?<![A-Za-z0-9]-)(-(?=\.?\d))?"
    r"(\d+(?:\.\d+)?|\.\d+)(e[-+]?\d+)?(?:\s?(%|k(?![a-z])|m(?![a-z])|x(?![a-z])|mal(?![a-z])|倍|times(?![a-z])|guna(?![a-z])|gun(?![a-z])|गुना|গুণ|veces(?= (?:m[aá]s|menor|mayor|menos|la|el))|fois(?= (?:moins|plus|le|la))))?"
)
_CORRECTED = re.compile(
    r"(?P<old>(?<![\w.])\.?\d[\d.]*(?:e-?\d+)?%?)"
    r"(?P<unit>\s*(?:epochs?|epochen|épocas?|époques?|轮|steps?|schritte|pasos|trials?|rows?|gb|gigs?|minutes?|hours?|passes|rounds|tokens?|bucks|dollars?))?"
    r"[\s,.?!-]*"
    r"(?:(?:no|nah|nope|sorry|i mean|i meant|wait|make that|make it|or rather|rather|scratch that|nein|actually|"
    r"quatsch|ne|perdón|non|pardon|不|不对|错了|nahi|na|ehm|uh|um|hmm?|oops|doch|correction|lieber|keep|mejor)[\s,.!?-]*)+(?:(?:every|each|alle|cada|at|to|of|auf|a)\s+)?"
    r"(?P<new>\.?\d[\d.]*(?:e-?\d+)?%?)"
)
_DENIED = re.compile(
    r"(?<!\w)(?:(?:and |but )?not|instead of|rather than|statt|anstatt|en (?:lugar"
    r"|vez) de|au lieu de|nicht|no longer|"
    r"isnt|en vez de|pas)\s+(?:the |a |an |to |at )?(?P<value>-?[\d.]+(?:e-?\d+)?%?)"
    r"|(?:而不是|不是|不要)\s*(?P<zh>[\d.]+(?:e-?\d+)?%?)"
)


_VALUE = r"\.?\d[\d.]*(?:e-?\d+)?[%k]?"
_UNIT = r"(?P<unit>\s*(?:epochs?|epochen|épocas?|époques?|轮|steps?|schritte|pasos|passes|rounds|gpus?|tokens?)(?!\w))?"
_FROM_TO = re.compile(
    rf"(?<!\w)(?:from|von|de|desde)\s+{_VALUE}{_UNIT}\s*(?:down |up |over |back |herunter |runter |hoch )?"
    rf"(?P<to>to|auf|a|à)\s+(?P<new>{_VALUE})(?![\w.])"
)


_FROM_TO_ZH = re.compile(
    rf"从\s*{_VALUE}\s*轮?\s*(?P<to>(?:改|换|调|降|升|提高|降低|减|加|增加|减少)(?:成|为|到))\s*(?P<new>{_VALUE})"
)


@dataclass(frozen=True)
class Number:
    """A number as found: value without its mark, the mark, and where it stands."""

    value: float
    mark: str
    start: int
    end: int

    @property
    def fraction(self) -> float:
        """The value with a percent sign applied."""
        return self.value / 100 if self.mark == "%" else self.value

    @property
    def whole(self) -> float:
        """The value with k or m applied in thousands."""
        return self.value * {"k": 1e3, "m": 1e6}.get(self.mark, 1)


def numbers(text: str) -> list[Number]:
    """All numbers that stand on their own (not inside names like run-7 or q4_k_m)."""
    found = []
    for m in _NUMBER.finditer(text):
        after = text[m.end() : m.end() + 1]
        if after.isascii() and (after.isalpha() or after == "_") and not m.group(4):
            continue
        value = float((m.group(1) or "") + m.group(2) + (m.group(3) or ""))
        marks = {"guna": "x", "gun": "x", "गुना": "x", "গুণ": "x", "veces": "x", "fois": "x"} | {
            "mal": "x",
            "times": "x",
            "倍": "x",
        }
        mark = marks.get(m.group(4) or "", m.group(4) or "")
        found.append(Number(value, mark, m.start(), m.end()))
    return found


def without_corrected(text: str) -> str:
    """'two no three' is three, '3e-4, not 2e-4' is 3e-4: the taken-back number goes."""
    text = _FROM_TO.sub(lambda m: f" {m['to']} {m['new']}{m['unit'] or ''}", text)
    text = _FROM_TO_ZH.sub(r" \g<to>\g<new>", text)
    for _ in range(3):
        match = _CORRECTED.search(text)
        if not match:
            break
        # the unit said with the old number goes over to the new one: "5 epochs, no, 3"
        text = f"{text[: match.start()]} {match['new']}{match['unit'] or ''}{text[match.end() :]}"

    def deny(match: re.Match[str]) -> str:
        return " "

    return _DENIED.sub(deny, text)


def length_of(number: Number) -> float:
    """Token counts: '4k' is 4096, as windows come in powers of two."""
    if number.mark == "k":
        unit = 1024 if number.value in (0.5, 1, 2, 4, 8, 16, 32, 64, 128) else 1000
        return number.value * unit
    return number.whole


def neat(value: float) -> int | float:
    """Whole numbers as int; the noise of floating point is cut."""
    value = float(f"{value:.10g}")
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
