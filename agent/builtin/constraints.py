"""Limits that a person states: memory, devices, money, hours, place, licence."""

from __future__ import annotations

import re
from typing import Any

from agent.builtin.data import cue_pattern, cues, table
from agent.builtin.quantities import neat
from agent.builtin.text import Message, Scan

_GB = (
    r"(\d+(?:\.\d+)?)\s?(?:-|个)?\s?(?:gb|gib|gigs?|gigas?|gigabytes?|gigaoctets?|go|g(?:io)?|जीबी|गीगाबाइट|गिगाबाइट|গিগাবাইট"
    r"|গিগা|জিবি)(?![a-z])"
)
_FILE_SIZE = re.compile(
    r"(?<!\w)(?:file|dataset|corpus|csv|jsonl|download|disk|datei|archivo|fichier)(?!\w)[^,;.]{0,16}$"
)
_RAM = re.compile(
    r"^\s*(?:of )?(?:system |main )?(?:ram|arbeitsspeicher|memoria ram|内存)(?![A-Za-z0-9_À-ɏ])"
    r"|^\s*(?:ddr|disk|ssd|file|data|text|of (?:raw )?(?:text|data))"
)
_NUM_GPUS = re.compile(
    rf"(?<![A-Za-z0-9_.])(\d{{1,3}})\s?(?:x|×|\*)\s*(?={_GB}|(?:nvidia |rtx |geforce |tesla"
    rf" )?(?:a100|h100|h200|a10|l4|t4|v100|\d{{4}}|gpus?|cards?))"
    r"|(?<![A-Za-z0-9_.])(\d{1,3})\s+(?=(?:nvidia |rtx |tesla |geforce )*(?:gpus?|cards?"
    r"|karten|grafikkarten|tarjetas|cartes|a100s?|h100s?|a6000s?|t4s?|v100s?|l4s?"
    r"|3090s?|4090s?|3060s?|a10s?|h200s?)(?![A-Za-z0-9_À-ɏ]))"
    r"|(\d)\s*张(?:显)?卡|(\d)\s*块(?:显)?卡|(\d)卡"
)
_USD = re.compile(
    r"(?:us)?\$\s?(\d+(?:\.\d+)?)(k)?|(?<![A-Za-z0-9_.])(\d+(?:\.\d+)?)(k)?\s?(?:\$|usd"
    r"|us-?dollars?|dollars?|bucks?|greenbacks?|dólar|dólares|dolares|dollar|美元|美金|刀|डॉलर|ডলার|quid"
    r" us)(?![A-Za-z0-9_À-ɏ])"
)
_DOLLARS_CENTS = re.compile(
    r"(?<![A-Za-z0-9_.$])(\d+) (?:us )?(?:dollars?|bucks?) (?:and )?(\d\d)(?: cents?)?(?![\w.%])(?! ?(?:epochs?|steps?|trials?|hours?|min))"
)
_PER_HOUR = re.compile(
    r"(?<![A-Za-z0-9_.])(?:us)?\$?\s?(?P<usd>\d+(?:\.\d+)?)\s?(?:\$|usd|us-?dollars?|dollars?|bucks?|dólares|美元|美金|刀)?"
    r"\s?(?:/|per|an?|each|every|pro|je|por|la|par|每个?)\s?(?:gpu[ -]?)?(?:hour|hr|h|stunde|hora|heure|小时)(?![a-z])"
)
_CENTS = re.compile(r"(?<![A-Za-z0-9_.])(\d+)\s?(?:cents?|¢)(?![A-Za-z0-9_À-ɏ])")
_OTHER_MONEY = re.compile(
    r"(?:€|£|₹|¥|৳)\s?\d+(?:[.,]\d+)?|\d+(?:[.,]\d+)?\s?(?:€|£|₹|¥|৳|euros?|eur|eur[io]s"
    r"|pounds?|quid|squid|sterling|gbp|fivers?|tenners?|chf|franken|francs?|francos|cad|aud|pesos?|reais|yen|rupees?|rupaye|rupay|rupiya|rupye"
    r"|rs\.?|inr|yuan|kuai|rmb|taka|tk|lakh rupees|元|块(?:钱|$|(?=[\s,.;以之]))|欧元|英镑|人民币|रुपये|रुपए|रुपया|रुपयों|টাকা|টাকার)(?![a-z])"
    r"|(?<!\w)(?:rs|inr|chf|eur|gbp)\.?\s?\d+(?:[.,]\d+)?(?!\w)"
)


def other_money(text: str) -> list[str]:
    """Sums in another currency than US dollars, as written."""
    return [match[0].strip() for match in _OTHER_MONEY.finditer(text.lower())]


_HOURS = re.compile(
    r"(?<![A-Za-z0-9_.])(\d+(?:\.\d+)?)\s?(?:-|个)?(hours?|hrs?|h|stunden?|std|horas?|heures?"
    r"|小时|钟头|घंटों|घंटे|घंटा|घण्टे|ghanton|ghante|ghanta|ghonta|ghontar|ঘণ্টার|ঘন্টার|ঘণ্টা|ঘন্টা|minutes?|mins?|minuten?|minutos?|分钟"
    r"|मिनट|মিনিটের|মিনিট|days?|tage?n?|días?|jours?|天|दिन|din)(?![a-z])"
)
_CLOCK = re.compile(
    r"(?:\b(?:at|by|um|a las|à|from|after|around|gegen|bis|ab|before)\s+|今晚|晚上"
    r"|早上|下午|明天|at around )?(?<![\d.:])(\d{1,2})(?:[:h.](\d{2}))?\s?(am|pm|uhr"
    r"|点(?:钟|半)?|h(?![a-z])|बजे|baje|টায়|tay)?(?![\d:%.a-z])"
)
_LICENCES = (
    ("apache-2.0", r"apache(?:[ -]?2(?:\.0)?)?"),
    (
        "mit",
        r"mit(?=[ -]?(?:licen|/|,| or | and |\)|-lizenz|$|\.))|(?:or|and|/|oder|o|ou|,)\s*mit(?![A-Za-z0-9_À-ɏ])"
        r"|mit(?=\s+(?:o|oder|ou|and|/)\s+(?:apache|bsd))",
    ),
    ("bsd-3-clause", r"bsd(?:-3(?:-clause)?)?"),
    ("cc-by-4.0", r"cc[ -]by(?:[ -]4(?:\.0)?)?(?!-)"),
)


def _gpus(scan: Scan, slots: dict[str, Any]) -> None:
    match = _NUM_GPUS.search(scan.text)
    if match:
        number = int(next(g for g in (match.group(1), *match.groups()[2:]) if g))
        slots["num_gpus"] = number
        scan.blank(match.start(), match.end())
    pair = re.search(
        r"(?<!\w)(?:a pair of|dual|twin|un par de|una pareja de|zwei stück|une paire de) (?=(?:my |nvidia |rtx |geforce |tesla )*"
        r"(?:gpus?|graphics cards?|cards|karten|tarjetas|cartes|\d0\d0|[ahlv]\d{1,3}0?s?(?!\w)|t4s?))",
        scan.text,
    )
    if pair and "num_gpus" not in slots:
        slots["num_gpus"] = 2
    both = re.search(
        r"(?<![A-Za-z0-9_À-ɏ])(?:both|two|beide[nr]?) (?:my |of my |the )?(?:gpus"
        r"|cards|karten)",
        scan.text,
    )
    if both:
        slots.setdefault("num_gpus", 2)
    index = re.search(
        r"(?<![A-Za-z0-9_À-ɏ])(?<!per )(?<!per-)(?:gpu|cuda|card|device)[ :#]*(?:number |no\.? |index"
        r" )?(\d)(?![\w.])(?!\s?(?:gb|g\b|gig))",
        scan.text,
    )
    if index:
        slots["gpu_index"] = int(index.group(1))
        scan.blank(index.start(), index.end())


def _memory(scan: Scan, slots: dict[str, Any], device: str | None) -> None:
    hits = [m for m in re.finditer(_GB, scan.text) if not re.match(r"\d", scan.text[m.end() : m.end() + 1])]
    for match in hits:
        left, right = (
            scan.text[max(0, match.start() - 22) : match.start()],
            scan.text[match.end() :][:26],
        )
        scan.blank(match.start(), match.end())
        ram = _RAM.search(right) or (re.search(r"(?:ram|内存)\s*(?:is|=|:|of)?\s*$", left) and "vram" not in left)
        weighed = _FILE_SIZE.search(left) and not re.search(r"gpu|vram|card|memory", left + right)
        if weighed or ram or device in ("mps", "cpu") or re.search(r"\b(?:file|dataset|data|corpus)\b", right[:14]):
            continue
        slots.setdefault("max_gpu_gb", neat(float(match.group(1))))


def _named_gpu(text: str, slots: dict[str, Any]) -> None:
    """A card's name tells its memory where it is sold with one size only."""
    for name, size in table("hardware.yaml")["gpu_memory_gb"].items():
        if "max_gpu_gb" not in slots and re.search(rf"(?<![A-Za-z0-9_.]){name}(?![\w])", text):
            slots["max_gpu_gb"] = size


def _money(scan: Scan, slots: dict[str, Any], unknown: list[str]) -> None:
    scan.text = _DOLLARS_CENTS.sub(r"$\1.\2", scan.text)
    for match in scan.take(_OTHER_MONEY):
        unknown.append(match.group().strip())
    for match in scan.take(_PER_HOUR):
        slots["gpu_price_per_hour"] = neat(float(match.group("usd")))
    for match in scan.take(_USD):
        value, kilo = (match.group(1), match.group(2)) if match.group(1) else (match.group(3), match.group(4))
        slots["budget_usd"] = neat(float(value) * (1000 if kilo else 1))
    for match in scan.take(_CENTS):
        slots["budget_usd"] = neat(float(match.group(1)) / 100)


def _hours(scan: Scan, slots: dict[str, Any]) -> None:
    for match in _HOURS.finditer(scan.text):
        left, right = (
            scan.text[max(0, match.start() - 30) : match.start()],
            scan.text[match.end() : match.end() + 24],
        )
        limit = cue_pattern(cues(table("hardware.yaml")["time_limit"]))
        if not limit.search(left + " # " + right):
            continue
        unit = match.group(2)
        share = (
            1 / 60
            if unit[0] in "m分मমি"
            else 24
            if unit in ("天", "दिन", "din") or re.match(r"day|tag|d[ií]a|jour", unit)
            else 1
        )
        slots["max_hours"] = neat(float(match.group(1)) * share)
        scan.blank(match.start(), match.end())
    if "max_hours" in slots:
        return
    for hours, line in table("hardware.yaml")["spans"].items():
        if cue_pattern(cues(line)).search(scan.text):
            slots["max_hours"] = neat(float(hours))


_DEADLINE = re.compile(
    r"(?<!\w)(?:finish\w*|done|ready|complete[d]?|over|end(?:s|ed)?|through|fertig|abgeschlossen|list[oa]|terminad[oa]|acabad[oa]|"
    r"fini[er]?|terminée?|prête?|khatam|shesh)(?: \w+){0,3} (?:by|before|until|till|bis|vor|antes de|para|avant)(?: las?)?"
    r" (?:noon|midday|midnight|lunch|mittag|mediod[ií]a|midi|\d{1,2}(?::\d\d)? ?(?:am|pm|uhr|h|o'?clock)?)(?![\w%])"
)


def clock(text: str) -> str | None:
    """A time of day as HH:MM: '22:00', '7pm', '19 Uhr', '晚上10点'. An hour to be done by is no start."""
    text = _spoken_half(_DEADLINE.sub(" ", text))
    for match in _CLOCK.finditer(text):
        hour, minute, half = int(match.group(1)), int(match.group(2) or 0), match.group(3) or ""
        if not (match.group(2) or half) or hour > 24 or minute > 59:
            continue
        late = half == "pm" or re.search(
            r"晚|下午|tonight|heute abend|esta noche|ce soir|raat|rat |রাত|रात|noche|evening", text
        )
        if late and hour < 12 and half != "am":
            hour += 12
        return f"{hour % 24:02d}:{30 if half.endswith('半') else minute:02d}"
    if re.search(r"(?<![A-Za-z0-9_À-ɏ])(?:at )?midnight|mitternacht|medianoche|午夜", text):
        return "00:00"
    return "12:00" if re.search(r"(?<![A-Za-z0-9_À-ɏ])at noon", text) else None


def _spoken_half(text: str) -> str:
    """'half past six' as 6:30, 'quarter to 7' as 6:45; without a time of day it is the morning or the night."""

    def time(match: re.Match[str]) -> str:
        hour, part = int(match[2]), match[1]
        minutes = {
            "half past": 30,
            "quarter past": 15,
            "quarter to": -15,
            "halb": -30,
            "viertel nach": 15,
            "viertel vor": -15,
        }[part]
        whole = (hour * 60 + minutes) % 1440
        return f"{whole // 60}:{whole % 60:02d}"

    return re.sub(r"(half past|quarter past|quarter to|halb|viertel nach|viertel vor) (\d{1,2})(?!\d)", time, text)


def _flags(text: str, slots: dict[str, Any]) -> None:
    for slot in ("on_premises", "commercial_use"):
        if cue_pattern(cues(table("hardware.yaml")[slot])).search(text):
            slots[slot] = True
    licences = [name for name, cue in _LICENCES if re.search(rf"(?<![A-Za-z0-9_À-ɏ]){cue}", text)]
    if licences and re.search(r"licen|lizenz|licencia|许可|only|nur|solo|model", text):
        slots["allowed_licenses"] = licences
    elif re.search(r"(?<![A-Za-z0-9_À-ɏ])(?:fully |truly |really )?open[- ]?source licen\w+ only", text):
        slots["allowed_licenses"] = ["apache-2.0", "mit"]


def read(scan: Scan, message: Message, device: str | None) -> tuple[dict[str, Any], list[str]]:
    """Stated limits, and amounts of money in a currency that no slot takes."""
    slots: dict[str, Any] = {}
    unknown: list[str] = []
    text = scan.text
    _gpus(scan, slots)
    _memory(scan, slots, device)
    _money(scan, slots, unknown)
    unknown += [m.group() for m in _DEADLINE.finditer(scan.text)]
    _hours(scan, slots)
    _named_gpu(text, slots)
    _flags(text, slots)
    return slots, unknown
