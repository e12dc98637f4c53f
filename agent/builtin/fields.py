"""Where fields of the plan are named in a text, and which number belongs to which field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent.builtin.data import cue_pattern, cues, table
from agent.builtin.quantities import Number, length_of, neat, numbers

PLAN_FIELDS = (
    "learning_rate",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "effective_batch_size",
    "max_length",
    "warmup",
    "weight_decay",
    "lora_r",
    "lora_alpha",
    "lora_dropout",
    "max_grad_norm",
    "eval_steps",
    "early_stopping_patience",
    "val_split",
    "seed",
    "beta",
    "num_generations",
    "max_completion_length",
    "label_smoothing",
    "neftune_noise_alpha",
    "num_virtual_tokens",
    "freeze_trainable_layers",
    "num_processes",
    "num_nodes",
    "reward_min_length",
    "reward_max_length",
)
_REACH_AFTER, _REACH_BEFORE, _IMPLAUSIBLE = 30, 14, 60
_STEPS = re.compile(r"\s*(?:steps?|schritten?|schritte|updates?|pasos|étapes|步|स्टेप|স্টেপ)")
_WALL = re.compile(r"[;\n!]|\.\s|\?\s")


@dataclass(frozen=True)
class Mention:
    """A field named at a place in the text."""

    field: str
    start: int
    end: int


@cache
def _patterns(names: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((n, cue_pattern(cues(table("fields.yaml")[n]["words"]))) for n in names)


def mentions(text: str, names: tuple[str, ...] = PLAN_FIELDS) -> list[Mention]:
    """Fields named in the text; where two overlap the longer name wins."""
    found = [Mention(n, m.start(), m.end()) for n, p in _patterns(names) for m in p.finditer(text)]
    found.sort(key=lambda m: (m.start - m.end, m.start))
    kept: list[Mention] = []
    for mention in found:
        if all(mention.end <= k.start or mention.start >= k.end for k in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: m.start)


def convert(field: str, number: Number, text: str) -> tuple[str, Any]:
    """The slot and its value for a number that was said for a field."""
    kind = table("fields.yaml")[field]["kind"]
    if kind == "warmup":
        ratio = number.mark == "%" or 0 < number.value < 1
        return ("warmup_ratio", neat(number.fraction)) if ratio else ("warmup_steps", int(number.whole))
    if kind == "fraction":
        value = number.fraction
        return field, neat(value / 100 if value > 1 else value)
    if kind == "length":
        return field, neat(length_of(number))
    if kind == "int":
        return field, neat(number.whole)
    return field, neat(number.fraction)


def plausible(field: str, number: Number, text: str = "") -> bool:
    """Whether the number lies in the range in which the field is taken without asking."""
    facts = table("fields.yaml")[field]
    value = convert(field, number, text)[1]
    whole = facts["kind"] not in ("int", "length") or float(value).is_integer()
    return bool(whole and facts["low"] <= value <= facts["high"])


def _gap_ok(gap: str, reach: int) -> bool:
    return len(gap) <= reach and not _WALL.search(gap) and not numbers(gap)


def _cost(mention: Mention, number: Number, text: str, others: list[Mention]) -> float | None:
    """How far a number stands from a field, in letters; None where they can't belong together."""
    before_place = table("fields.yaml")[mention.field].get("place") == "before"
    if number.start >= mention.end:
        gap, cost = text[mention.end : number.start], 6.0 if before_place else 0.0
        if not _gap_ok(gap, _REACH_AFTER) or any(mention.end <= o.start < number.start for o in others):
            return None
        cost += 8.0 * gap.count(",")
    else:
        gap, cost = text[number.end : mention.start], 0.0 if before_place else 10.0
        if not _gap_ok(gap, _REACH_BEFORE) or any(number.end <= o.start < mention.start for o in others):
            return None
        cost += 12.0 * gap.count(",") + (4.0 if " and " in gap else 0.0)
    counted = table("fields.yaml")[mention.field]["kind"] in ("int", "length")
    if number.mark == "%" and (counted or mention.field in ("learning_rate", "num_train_epochs")):
        return None
    if number.mark == "x" and mention.field != "lora_alpha":
        return None
    return cost + len(gap) + (0 if plausible(mention.field, number, text) else _IMPLAUSIBLE)


def assign(text: str, names: tuple[str, ...] = PLAN_FIELDS) -> list[tuple[Mention, Number]]:
    """Which number was said for which field: nearest pairs first, each used once."""
    named, found = mentions(text, names), numbers(text)
    pairs = []
    for mention in named:
        for number in found:
            cost = (
                None
                if mention.start < number.end and number.start < mention.end
                else _cost(mention, number, text, [m for m in named if m is not mention])
            )
            if cost is not None:
                pairs.append((cost, mention, number))
    pairs.sort(key=lambda p: (p[0], p[1].start))
    taken: list[tuple[Mention, Number]] = []
    for _, mention, number in pairs:
        if all(mention is not m and number is not n for m, n in taken):
            taken.append((mention, number))
    return sorted(taken, key=lambda t: t[0].start)


def steps_follow(text: str, number: Number) -> bool:
    """Whether the word 'steps' comes right after a number."""
    return bool(_STEPS.match(text, number.end))
