"""Switches (packing on) and fields with a short list of values (cosine, qlora, adafactor)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from agent.builtin.data import cue_pattern, cues, table

_OFF_LEFT = re.compile(
    r"(?:\bno|\bnot|\bwithout|\bdisable\w*|\bturn(?:ed)? off|\bskip|\bkeine?|\bohne"
    r"|\bsin|\bsans|\bdont (?:use|want|do)|\bdo not (?:use|want|do)|\bremove|\bdrop"
    r"|\bdeactivate|"
    r"\bstop|\bstop using|\bnever|\bkill|\bdont|\bdo not|\bnicht|\bavoid|\bno more|\bwithout any|\bget rid of|\bditch|\btake out|\bleave out|\bleave off|\bschalt\w* (?:mir )?|\bno uses|\bapaga|\bne \w+ pas|别|关了|取消|\bdesactiva\w*|\bquita\w*|\bdésactive\w*|\bschalte?"
    r"|不要|不用|关闭|关掉|去掉|别用|禁用|\bswitch off)\s*(?:the |use |using |any |el |le |la"
    r" |das |die |den |la |el |le |any |that |this )?$"
)
_OFF_RIGHT = re.compile(
    r"^\s*(?:=|:|is|to|should be|auf)?\s*(?:off|false|no\b(?! more)|aus|disabled"
    r"|ab|关|假|band|bondho|nahi|na koro|mat |koro na|korba na|karna nahi|off kar|বন্ধ|করো না|बंद|मत|0\b|(?:bitte )?(?:weg|ausschalten|abschalten|ausmachen|weglassen)|(?:ko |ta |কে |को )?(?:band|bondho|off|hatao|nikalo|baad dao)|desactivad\w*|désactivé)"
)
_INSTEAD = re.compile(
    r"(?:instead of|rather than|\bnot(?: the| a| an)?|statt|anstatt|en (?:lugar"
    r"|vez) de|au lieu de|而不是|不要|不用|别用|no longer|\bno|\bwithout|\bdont want|\bdont"
    r" use|\bstop using|\bnicht|\bkeine?n?|(?:switch|change|go) from)\s*(?:plain |use |using )?$"
)


@cache
def _switches() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((k, cue_pattern(tuple(v))) for k, v in lists("switches").items())


@cache
def lists(group: str) -> dict[str, Any]:
    """One group of the table with its cue lines split."""

    def split(value: Any) -> Any:
        return cues(value) if isinstance(value, str) else {k: split(v) for k, v in value.items()}

    return {k: split(v) for k, v in table("switches.yaml")[group].items()}


def switches(text: str) -> dict[str, bool]:
    """Fields that are told to be on or off."""
    found = {}
    for slot, pattern in _switches():
        for match in pattern.finditer(text):
            off = _OFF_LEFT.search(text[: match.start()]) or _OFF_RIGHT.search(text[match.end() :])
            found[slot] = not off
    return found


@cache
def _patterns(slot: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((value, cue_pattern(v)) for value, v in lists("values")[slot].items())


def values_of(slot: str, text: str) -> list[str]:
    """Values of a listed field that are named and not denied, in the table's order of precedence."""
    found: list[tuple[int, int, str]] = []
    for value, pattern in _patterns(slot):
        for match in pattern.finditer(text):
            if slot not in ("quantization", "tuning") and _INSTEAD.search(text[: match.start()]):
                continue
            if slot == "tuning" and value != "full" and _INSTEAD.search(text[: match.start()]):
                continue
            if any(s < match.end() and match.start() < e for s, e, _ in found):
                continue
            denied = slot == "quantization" and _INSTEAD.search(text[: match.start()])
            found.append((match.start(), match.end(), "none" if denied else value))
    return list(dict.fromkeys(v for _, _, v in found))


_MODULES = re.compile(
    r"(?<![\w])(?:[qkvo]|gate|up|down|w[123]|out|qkv|c_attn|query|key|value|dense"
    r"|fc[12])_proj(?!\w)"
)
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MLP = ["gate_proj", "up_proj", "down_proj"]


def target_modules(text: str) -> str | list[str] | None:
    """'all-linear', or the names of the modules that adapters go on."""
    named = list(dict.fromkeys(_MODULES.findall(text)))
    short = re.search(
        r"(?<![\w])((?:[qkvo](?:_proj)?\s*(?:,|/|and|\+|und|y|&|\s)\s*)+[qkvo](?:_proj)?)(?![\w])",
        text,
    )
    if re.search(
        r"all[- _]linear|all (?:the )?(?:linear )?(?:layers|modules|projections)|every"
        r" linear|所有线性层|alle linear\w*|todas las capas",
        text,
    ):
        return "all-linear"
    attention = re.search(
        r"(?:attention|attn|aufmerksamkeit\w*|atenci[oó]n|注意力)(?: (?:layers?|modules?"
        r"|blocks?|projections?|weights))?",
        text,
    )
    mlp = re.search(r"(?<!\w)(?:mlps?|feed[- ]?forward|ffn)(?!\w)", text)
    picking = re.search(
        r"only|just|target|modul|nur|solo|seulement|只|lora on|layers|adapters? on|instead|\+|and",
        text,
    )
    if attention and picking and not re.search(r"flash[- ]?att|attention (?:mask|implementation)|attn_impl", text):
        return [
            *ATTENTION,
            *(MLP if mlp and not re.search(r"(?:not|no|without) (?:the )?mlp", text) else []),
        ]
    if mlp and re.search(r"only|just|target|modul|layers|nur", text):
        return MLP
    if named:
        return named
    if (
        short
        and len(re.findall(r"[qkvo]", short.group(1))) > 1
        and re.search(r"target|modul|proj|only|just|lora", text)
    ):
        return [f"{letter}_proj" for letter in dict.fromkeys(re.findall(r"(?<![a-z])[qkvo](?![a-z])", short.group(1)))]
    return None


def read(text: str) -> dict[str, Any]:
    """All switches and listed values of a plan that a text names."""
    slots: dict[str, Any] = dict(switches(text))
    for slot in (
        "lr_scheduler_type",
        "optim",
        "method",
        "loss_type",
        "tuning",
        "init_lora_weights",
        "quantization",
        "backend",
        "domain",
        "device",
        "base_model_rule",
        "priority",
    ):
        named = values_of(slot, text)
        if named:
            slots[slot] = named[0]
    saved = values_of("modules_to_save", text)
    if saved and re.search(r"train|save|tune|also|include|full|训练|auch|también|aussi|保存", text):
        slots["modules_to_save"] = saved
    modules = None if slots.get("tuning") == "freeze" else target_modules(text)
    if modules:
        slots["target_modules"] = modules
    if slots.get("tuning") == "qlora" and slots.get("quantization") in (None, "4bit"):
        slots["quantization"] = "4bit"
    elif slots.get("tuning") == "lora" and slots.get("quantization") == "4bit":
        slots["tuning"] = "qlora"
    if slots.get("optim", "").endswith("8bit"):
        slots.pop("quantization", None)
    return slots
