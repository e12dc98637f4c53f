"""Edits in plain words: absolute, relative to the plan, taken back, and undone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from agent.builtin import fields
from agent.builtin.data import cue_pattern, cues, table
from agent.builtin.fields import Mention
from agent.builtin.quantities import Number, neat, numbers, without_corrected
from agent.builtin.text import Scan

_NEAR = 26
_TIED = re.compile(
    r"(?:alpha|warmup|beta)[^.;]{0,30}?(?:(\d+(?:\.\d+)?)\s*(?:x|\*|times|mal"
    r"|倍|veces|fois)?|twice|double|doppelt|doble|2x|equal|same as|half|两倍|=)\s*(?:so"
    r" (?:groß|hoch) wie |the |of |as |to |der |del |le |la |von |x |\* )*(?:the"
    r" )?(?:lora[_ ]?)?(?:rank|r|rang|rango)(?!\w)"
)
_CAN_BE_ZERO = ("lora_dropout", "warmup", "weight_decay", "beta")
_OFF_BEFORE = re.compile(
    r"(?<!\w)(?:no|without|zero|kein\w*|ohne|sin|sans|skip|lose|ditch|scrap|kill|remove|drop|disable|get rid of|quita|elimina"
    r"|enlève|(?:turn|switch)(?:ing)? off|去掉|不要|取消|关掉)\s*(?:the |any |all |lora |el |la |le |das |den |die )*$"
)
_OFF_AFTER = re.compile(
    r"\s*(?:(?:entirely|completely|fully|altogether|ganz|komplett) )?(?:off|out|away|gone|aus|weg|fuera|band kar\w*|bondho\w*"
    r"|hatao?|mat karo|关掉|去掉|बंद|বন্ধ)(?!\w)"
)


_LONGER = re.compile(
    r"train\w*( it)?( for)?( a bit| much)? longer|länger trainier|entrena\w* más tiempo|train\w* plus longtemps|训练(久|长)一点"
)


@dataclass
class Edits:
    """What a text says about the numbers of a plan."""

    values: dict[str, Any] = field(default_factory=dict)
    absurd: dict[str, Any] = field(default_factory=dict)
    directions: set[str] = field(default_factory=set)
    """Fields to go up or down without a stated value."""
    ways: dict[str, str] = field(default_factory=dict)
    """The same fields with their way: up or down."""
    named: set[str] = field(default_factory=set)
    relative: bool = False
    loose: list[Number] = field(default_factory=list)
    """Numbers that no field claimed."""


@cache
def cue(name: str) -> re.Pattern[str]:
    """The pattern of one group of relative words."""
    return cue_pattern(cues(table("relative.yaml")[name]))


@cache
def _factors() -> tuple[tuple[float, re.Pattern[str]], ...]:
    return tuple((float(k), cue_pattern(cues(v))) for k, v in table("relative.yaml")["factors"].items())


def _near(text: str, start: int, end: int, named: list[Mention]) -> Mention | None:
    """The field named nearest to a passage, in the same clause."""

    def gap(m: Mention) -> str:
        return text[end : m.start] if m.start >= end else text[m.end : start]

    close = [m for m in named if len(gap(m)) <= _NEAR and not re.search(r"[;\n.?!,]", gap(m))]
    return min(close, key=lambda m: (len(gap(m)), -m.start), default=None)


def _slot(name: str, plan: dict[str, Any]) -> str:
    if name == "warmup":
        return "warmup_steps" if "warmup_steps" in plan else "warmup_ratio"
    return name


def _base(name: str, plan: dict[str, Any]) -> float | None:
    value = plan.get(_slot(name, plan))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _set(edits: Edits, scan: Scan, mention: Mention, value: float | None, plan: dict[str, Any]) -> None:
    edits.relative = True
    edits.named.add(mention.field)
    scan.blank(mention.start, mention.end)
    if value is None:
        edits.directions.add(mention.field)
    else:
        edits.values[_slot(mention.field, plan)] = neat(value)


def _scaled(edits: Edits, scan: Scan, plan: dict[str, Any]) -> None:
    """'halve the lr', 'double rank', 'lr / 2'."""
    for factor, pattern in _factors():
        for match in pattern.finditer(scan.text):
            mention = _near(scan.text, match.start(), match.end(), fields.mentions(scan.text))
            if mention is None:
                continue
            base = _base(mention.field, plan)
            scan.blank(match.start(), match.end())
            _set(edits, scan, mention, None if base is None else base * factor, plan)


_BY = re.compile(r"(?:\bby|\bum|×|\bfactor(?: of)?|\bfaktor|\ben un|\bde)\s*(?:a )?$")
_FACTOR = re.compile(
    r"factor(?: of)?\s*$|(?:divi[ds]|teil)\w*(?: [\w']+){0,4} (?:by|durch|entre|par)\s*$"
    r"|multipl\w*(?: [\w']+){0,4} (?:by|mit|por|par)\s*$"
)


# of these a share is never the value itself: '25% of the lr' is a quarter of what it is
_AMOUNTS = (
    "learning_rate",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "effective_batch_size",
    "max_length",
    "lora_r",
    "lora_alpha",
    "eval_steps",
    "num_generations",
)
_LESS = re.compile(
    r"\s*(?:lower|less|smaller|fewer|shorter|higher|more|bigger|larger|longer|off|up|down|niedriger|weniger|kleiner|höher|mehr|größer|"
    r"menos|más|menor|mayor|moins|plus|kam|zyada|beshi)(?!\w)"
)


def _shared(edits: Edits, scan: Scan, plan: dict[str, Any]) -> None:
    """'a quarter of the lr', 'lr to 25%', 'lr 50% lower'."""
    for number in numbers(scan.text):
        if number.mark != "%":
            continue
        left, right = scan.text[max(0, number.start - 40) : number.start], scan.text[number.end :][:24]
        left, right = re.split(r"[;,.!?\n]", left)[-1], re.split(r"[;,.!?\n]", right)[0]
        mention = _near(scan.text, number.start, number.end, fields.mentions(scan.text))
        if mention and mention.field not in (*_AMOUNTS, "lora_dropout", "weight_decay", "warmup"):
            continue
        between = scan.text[min(mention.end, number.end) : max(mention.start, number.start)] if mention else ""
        if mention is None or re.search(r"\d", between):
            continue
        by = bool(_BY.search(left)) or bool(_LESS.match(right))
        whole = re.match(r"\s*(?:of|der|des|von|vom|de|del|du|ka|की|का|er|的|what|wie)(?!\w)", right)
        if mention.field not in _AMOUNTS and not (by or (whole and mention.start >= number.end)):
            continue
        down, up = bool(cue("down").search(left + " # " + right)), bool(cue("up").search(left + " # " + right))
        if by and not (down or up):
            continue
        factor = number.fraction if not by else 1 - number.fraction if down else 1 + number.fraction
        base = _base(mention.field, plan)
        scan.blank(number.start, number.end)
        value = None if base is None else base * factor
        if value is not None and isinstance(plan.get(_slot(mention.field, plan)), int):
            value = float(max(1, round(value)))
        _set(edits, scan, mention, value, plan)


@cache
def _phrasings() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(row[0]), row[1]) for row in table("phrasings.yaml"))


def plainly(text: str) -> str:
    """Everyday wording brought to the plan's own: '4 at a time' to 'batch size 4'."""
    for pattern, new in _phrasings():
        text = pattern.sub(new, text)
    return text


def _is_factor(number: Number, left: str) -> bool:
    if number.mark == "%":
        return bool(_BY.search(left))
    return number.mark == "x" or bool(_FACTOR.search(left))


def _times(edits: Edits, scan: Scan, plan: dict[str, Any]) -> None:
    """'drop lr by 10x', 'ten times lower', 'raise it by 50%'."""
    for number in numbers(scan.text):
        left, right = (
            scan.text[max(0, number.start - 40) : number.start],
            scan.text[number.end :][:24],
        )
        if not _is_factor(number, left):
            continue
        words = left + " # " + right
        down = bool(cue("down").search(words))
        plainly = number.mark == "x" and re.match(r"\s*(?:the|as many|my|die|el|la|los|las|les)\s", right)
        joined = number.mark == "x" and any(
            m.field != "lora_alpha" and (number.end <= m.start <= number.end + 1 or m.end <= number.start <= m.end + 1)
            for m in fields.mentions(scan.text)
        )
        if not (down or plainly or joined or cue("up").search(words)):
            continue
        mention = _near(scan.text, number.start, number.end, fields.mentions(scan.text))
        if mention is None:
            continue
        base = _base(mention.field, plan)
        if number.mark == "%":
            factor = 1 - number.fraction if down else 1 + number.fraction
        else:
            factor = 1 / number.value if down and number.value else number.value
        scan.blank(number.start, number.end)
        _set(edits, scan, mention, None if base is None else base * factor, plan)


def _stepped(edits: Edits, scan: Scan, plan: dict[str, Any]) -> None:
    """'one more epoch', 'two fewer epochs', 'increase rank by 16'."""
    for mention, number in fields.assign(scan.text):
        lo, hi = min(mention.start, number.start), max(mention.end, number.end)
        if number.mark == "%":
            continue
        tail = re.split(r"[,;]|(?<!\w)(?:and|und|y|et|but|with|then)(?!\w)", scan.text[hi : hi + 14])[0]
        inner = scan.text[lo:hi] + tail
        left = scan.text[max(0, lo - 16) : lo]
        by = re.search(r"\b(?:by|um)\s*$", scan.text[: number.start])
        adding = re.search(
            r"\b(?:add|noch|añade|ajoute|another)\W*$|(?<!\w)(?:aro|আরও|আরো)\W*$"
            r"|(?:^|[.;,])\s*(?:aur|और)\W*$|[再多加]+(?:训练|跑|练)?\W*$",
            left,
        )
        fewer, more = cue("fewer").search(inner), cue("more").search(inner)
        counted = mention.field in ("num_train_epochs", "max_steps", "num_generations")
        if not (by or (counted and (fewer or more or adding))):
            continue
        if counted and not by and re.search(r"\b(?:to|auf|at most|no more)\b", inner + left):
            continue
        base = _base(mention.field, plan)
        sign = -1 if fewer or (by and cue("down").search(left + inner)) else 1
        scan.blank(number.start, number.end)
        _set(edits, scan, mention, None if base is None else base + sign * number.value, plan)


def _single_step(edits: Edits, scan: Scan, plan: dict[str, Any]) -> None:
    """'another epoch', 'add an epoch': the number one is not said."""
    pattern = r"(?:another|add an?|an? (?:extra|additional)|an?(?= epoch more| epoch less| epoch fewer)) epoch"
    match = re.search(pattern, scan.text)
    if match:
        base = _base("num_train_epochs", plan)
        sign = -1 if re.match(r" (?:less|fewer)", scan.text[match.end() :]) else 1
        mention = Mention("num_train_epochs", match.start(), match.end())
        _set(edits, scan, mention, None if base is None else base + sign, plan)


def _absolute(edits: Edits, scan: Scan) -> None:
    for mention, number in fields.assign(scan.text):
        edits.named.add(mention.field)
        slot, value = fields.convert(mention.field, number, scan.text)
        if mention.field == "warmup" and fields.steps_follow(scan.text, number):
            slot, value = "warmup_steps", neat(number.whole)
        keeper = scan.text[max(0, mention.start - 14) : mention.start]
        if cue("keep").search(keeper) and "but" not in keeper.split()[-1:]:
            edits.named.add("kept:" + slot)
        if fields.plausible(mention.field, number, scan.text):
            edits.values[slot] = value
        else:
            edits.absurd[slot] = value
        scan.blank(number.start, number.end)
        scan.blank(mention.start, mention.end)


def _directions(edits: Edits, scan: Scan) -> None:
    """'smaller batch', 'more epochs': which way, but not how far."""
    for mention in [m for m in fields.mentions(scan.text) if m.field != "seed"]:
        around = scan.text[max(0, mention.start - 18) : mention.start] + "#" + scan.text[mention.end : mention.end + 14]
        edits.named.add(mention.field)
        down = bool(cue("down").search(around))
        if down or cue("up").search(around):
            edits.directions.add(mention.field)
            edits.ways[mention.field] = "down" if down else "up"
    if _LONGER.search(scan.text) and "num_train_epochs" not in edits.named:
        edits.directions.add("num_train_epochs")
        edits.ways["num_train_epochs"] = "up"


def _switched_off(edits: Edits, scan: Scan) -> None:
    """'no dropout', 'without warmup': zero."""
    for mention in [m for m in fields.mentions(scan.text) if m.field in _CAN_BE_ZERO]:
        left, right = scan.text[max(0, mention.start - 24) : mention.start], scan.text[mention.end : mention.end + 24]
        before, after = _OFF_BEFORE.search(left), _OFF_AFTER.match(right)
        if not (before or after) or re.match(r"\W*(?:to|of|=|:|auf|a)?\W*[\d.]", right):
            continue
        edits.values["warmup_ratio" if mention.field == "warmup" else mention.field] = 0
        start = mention.start - len(left) + before.start() if before else mention.start
        scan.blank(start, mention.end + (after.end() if after else 0))


def _bare_rate(edits: Edits, scan: Scan) -> None:
    """'2 epochs, 1e-4, ctx 2k': a lone number of that size can only be the learning rate."""
    lone = [n for n in numbers(scan.text) if 1e-7 <= n.value <= 5e-3 and "e" in scan.text[n.start : n.end]]
    if len(lone) == 1 and "learning_rate" not in edits.values and "learning_rate" not in edits.named:
        edits.values["learning_rate"] = lone[0].value
        scan.blank(lone[0].start, lone[0].end)


_SAME_BATCH = re.compile(
    r"(?:effective|total|global|overall|effektive\w*|efectivo|有效)[ _-]?(?:batch(?:[ _]size)?|批)\W*(?:\w+\W+){0,2}?(?:(?:doesnt|does not|not) "
    r"(?:move|change)|unchanged|same|stays?|constant|bleibt|gleich|igual|不变)|(?:keep|same|hold|keeping|preserve)\W+(?:\w+\W+){0,2}?"
    r"(?:effective|total|global|overall)[ _-]?batch"
)


def _compensated(edits: Edits, text: str, plan: dict[str, Any]) -> None:
    """'batch 2, and keep the effective batch': the accumulation makes up for it."""
    batch, steps = "per_device_train_batch_size", "gradient_accumulation_steps"
    size = edits.values.get(batch)
    if not size or steps in edits.values or not _SAME_BATCH.search(text):
        return
    whole = (plan.get(batch) or 0) * (plan.get(steps) or 0)
    if whole and whole % size == 0:
        edits.values[steps] = int(whole // size)
        edits.directions.discard(steps)
        edits.ways.pop(steps, None)


def tied(text: str, key: str = "lora_r") -> dict[str, str]:
    """'alpha twice the rank' as an expression."""
    match = _TIED.search(text)
    if not match or "alpha" not in match.group():
        return {}
    if match.group(1):
        factor = f"{neat(float(match.group(1)))}*"
    elif re.search(r"twice|double|doppelt|doble|2x|两倍", match.group()):
        factor = "2*"
    else:
        factor = "0.5*" if "half" in match.group() else ""
    return {"lora_alpha": f"{factor}{key}"}


def read(scan: Scan, plan: dict[str, Any]) -> Edits:
    """All edits of numbers in a text, resolved against the plan."""
    scan.text = plainly(without_corrected(scan.text))
    scan.text = re.sub(r"(?<![a-z0-9])(r|lr|bs|alpha|rank|epochs?|seed|ga|wd|batch|ctx)(?=\d)", r"\1 ", scan.text)
    edits, whole = Edits(), scan.text
    if tied(scan.text):
        match = _TIED.search(scan.text)
        scan.blank(*match.span()) if match else None
    _switched_off(edits, scan)
    for step in (_shared, _scaled, _times, _stepped, _single_step):
        step(edits, scan, plan)
    _absolute(edits, scan)
    _directions(edits, scan)
    _bare_rate(edits, scan)
    _compensated(edits, whole, plan)
    edits.loose = numbers(scan.text)
    for slot in [n[5:] for n in edits.named if n.startswith("kept:")]:
        if edits.values.get(slot) == plan.get(slot):
            edits.values.pop(slot, None)
    return edits
