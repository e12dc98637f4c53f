"""Search spaces in plain words: 'lr between 1e-5 and 5e-4', 'rank in 8, 16, 32', 20 trials."""

from __future__ import annotations

import math
import re
from typing import Any

from agent.builtin import cues, edits, fields, values
from agent.builtin.data import cue_pattern
from agent.builtin.quantities import numbers

_NUM = r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?[k%]?"
_OPEN = (
    r"[\s:=,(\[{]*(?:(?:rate|size|in|from|between|over|of|range|values?|is|are"
    r"|the|von|zwischen|entre|desde|de|del|des|in der spanne|auf|with|among|for"
    r"|at|either|log ?-?uniform(?:ly)?|log ?-?scale|log(?= )|logarithmi\w*|uniform|auf"
    r" log|在|从|范围|取|为|是|介于|用|试|theke|se|के बीच|hai)[\s:=,(\[{]*)*"
)
_RANGE = re.compile(
    rf"{_OPEN}({_NUM})\s*(?:to|-|~|\.\.|bis|and|und|a|y|et|à|hasta|up to|到|至|和"
    rf"|与|through|thru|se|theke|থেকে|से)\s*({_NUM})(?!\d|\.\d|e[-+]?\d)(?!\s*[,/]\s*{_NUM}\s*(?:[,/)\]]|or |and |$))"
)
_LIST = re.compile(
    rf"{_OPEN}({_NUM}(?:\s*(?:,|/|\||or|oder|o|ou|and|und|y|et|vs\.?|或|和|、|ya|ba)+\s*(?:or"
    rf" |and |und |oder |y |o )?{_NUM})+)(?!\.?\d|\s*(?:trials?|runs|configs?|combos?"
    rf"|versuche|essais|pruebas|tries|attempts|组|次))"
)
_BETWEEN = re.compile(
    r"between|zwischen|entre|from|von|desde|\bde\b|range|介于|之间|在|从|spanne|uniform"
    r"|\bto\b|\bbis\b|-|~|到|至|hasta|\ba\b|à|theke|থেকে|से"
)
_LOG = re.compile(
    r"log(?:arithmic|arithmisch|arítmica|arithmique)?(?:[ -]?(?:uniform\w*|scale\w*"
    r"|skala|space\w*))?(?![A-Za-z0-9_À-ɏ])|对数"
)
_ALGORITHM = (
    (
        "grid",
        (
            "grid( ?search)?",
            "raster\\w*",
            "all combinations",
            "every combination",
            "网格\\S*",
            "cuadrícula",
            "rejilla",
            "grille",
            "exhaustive\\w*",
        ),
    ),
    (
        "random",
        (
            "random( ?search| sampl\\w*)?",
            "randomly",
            "zufällig\\w*",
            "aleatori\\w*",
            "aléatoire\\w*",
            "随机\\S*",
            "যাদৃচ্ছিক",
        ),
    ),
    ("optuna", ("optuna", "tpe", "bayes\\w*")),
)


_KIND = (
    r"(?:q-?lora|dora|adalora|lora|freeze|ia3|vera|oft"
    r"|full(?!\s+(?:data\w*|precision|training (?:set|data)|epochs?|set|speed|power|context|size)))"
)
_JOIN = r"(?:\bor\b|\band\b|\bvs\b\.?|\bversus\b|\boder\b|\bund\b|\bo\b|\bou\b|\by\b|\bet\b|/|或|和|还是)"
_KINDS = re.compile(
    rf"(?<![a-z0-9_-]){_KIND}(?: fine-?tuning)?(?:\s*(?:,|{_JOIN})+\s*(?:(?:or|and|oder|und) )?{_KIND}(?![a-z0-9_]))+"
)
"""Kinds of training that are tried one against the other: 'lora or full'."""
_GOALS = {
    "time": r"(?<![a-zäöüß])(?:time(?! limit)|speed|duration|zeit|dauer|tiempo|temps)(?![a-zäöüß])|时间|速度",
    "size": r"(?<!batch )(?<![a-zäöüß-])(?:size|number of parameters|größe|tamaño(?! de lote)|taille)(?![a-zäöüß])|大小",
}
_WEIGH = r"trad(?:e|ing)[- ]?offs?|\btrad(?:e|ing)\b|pareto|weigh\w*|\bbalanc\w*|abwäg\w*|权衡"
_BESIDE = r"(?:loss|quality|verlust|qualität|pérdida|perte|损失)\s*(?:against|and|vs\.?|versus|gegen|und|y|et|和|与)\s*"
_KEPT = re.compile(
    r"\b(?:keep\w*|kept|fixed|same|leav\w*|dont|don't|do not|not|without|constant at|unchanged|as (?:it|they) (?:is|are)"
    r"|behalt\w*|gleich\w*|fest|ohne|nicht|mantén|igual|sin|garde\w*|sans|même)\b|不变|保持|别|不要"
)
"""Beside a field that is not to be searched."""


def _goals(text: str) -> list[str]:
    """What is to be small besides the loss, where two things are weighed against each other in so many words."""
    return [
        name
        for name, words in _GOALS.items()
        if re.search(rf"(?:{_WEIGH})[^.;]{{0,40}}?(?:{words})|{_BESIDE}(?:[a-z]+ (?:and|und) )?(?:{words})", text)
    ]


def _kinds(text: str) -> list[str]:
    """Kinds of training that are named as a choice; two with a mere comma between them are none."""
    found = _KINDS.search(text)
    named = list(dict.fromkeys(k.replace("q-lora", "qlora") for k in re.findall(_KIND, found[0]))) if found else []
    return named if found and len(named) > 1 and (len(named) > 2 or re.search(_JOIN, found[0])) else []


_NO_SETTING = ("val_split", "seed", "max_samples", "eval_steps")
"""Named in a search to say what it goes by, not to be searched over."""


def _value(field: str, text: str) -> Any:
    return fields.convert(field, numbers(text)[0], "")[1] if numbers(text) else None


def _slot(field: str, low: str, high: str = "") -> str:
    # 'warmup 0 to 0.1' is a ratio though 0 alone could be steps
    biggest = max((low, high or low), key=lambda t: numbers(t)[0].value)
    return fields.convert(field, numbers(biggest)[0], "")[0]


def _own(rest: str, after: str) -> str:
    """'batch 32, 2 epochs': a last number before a field without one of its own belongs to that field."""
    if re.match(r"\s*(?:[:=]|is|to|in|from|between)?\s*[\d.]", after):
        return rest
    return re.sub(rf",\s*{_NUM}\s*$", "", rest)


def spaces(text: str) -> dict[str, dict[str, Any]]:
    """Field -> range or choices, as said."""
    found: dict[str, dict[str, Any]] = {}
    named = fields.mentions(text)
    for i, mention in enumerate(named):
        stop = named[i + 1].start if i + 1 < len(named) else len(text)
        rest = _own(text[mention.end : stop], text[named[i + 1].end :] if i + 1 < len(named) else "0")
        listed, ranged = _LIST.match(rest), _RANGE.match(rest)
        parts = re.findall(_NUM, listed.group(1)) if listed else []
        is_range = ranged and (not listed or len(parts) == 2) and _BETWEEN.search(rest[: ranged.end()])
        if is_range and ranged:
            low, high = ranged.group(1), ranged.group(2)
            space = {"low": _value(mention.field, low), "high": _value(mention.field, high)}
            near = (
                text[max(0, mention.start - 24) : mention.start].rsplit(",", maxsplit=1)[-1] + rest[: ranged.end() + 24]
            )
            found[_slot(mention.field, low, high)] = space | ({"log": True} if _LOG.search(near) else {})
        elif len(parts) > 1:
            found[_slot(mention.field, parts[0])] = {"choices": [_value(mention.field, p) for p in parts]}
    for slot in ("lr_scheduler_type", "optim", "tuning"):
        options = values.values_of(slot, text)
        if len(options) > 1:
            found[slot] = {"choices": options}
    if kinds := _kinds(text):
        found["tuning"] = {"choices": kinds}
    return found


def _trials(text: str, space: dict[str, Any], algorithm: str | None) -> int | None:
    rows = fields.assign(text, ("n_trials", *fields.PLAN_FIELDS))
    for mention, number in rows:
        if mention.field == "n_trials" and number.mark not in ("%", "x"):
            return int(number.whole)
    match = re.search(
        r"(?<![A-Za-z0-9_.])(\d+)\s*(?:mal|times|different|verschiedene|zufällige|random|ta\b|টা|बार)(?!\s*\d)",
        text,
    )
    if match:
        return int(match.group(1))
    choices = [len(s["choices"]) for s in space.values() if "choices" in s]
    # one list of values is tried one by one; several are combined only on a grid
    grid = space and len(choices) == len(space) and (algorithm == "grid" or len(space) == 1)
    return math.prod(choices) if grid else None


def _metric(text: str) -> tuple[str | None, str | None]:
    named = list(cues.named("metrics", text))
    metric = next((m for m in ("rougeL", "rouge1", "rouge2") if m in named), named[0] if named else None)
    exact = re.search(r"(?:maximi[sz]e|minimi[sz]e|by|on|metric)\s+(?:the )?(eval[_/][\w/]+|rewards?/\w+)", text)
    if exact:
        return exact[1], "minimize" if "loss" in exact[1] else "maximize"
    if metric is None and re.search(
        r"(?:by|on|minimi[sz]e|lowest|best|nach|por|看|按|using|watch\w*) (?:the )?(?:val\w* |eval\w* )?loss",
        text,
    ):
        metric = "eval_loss"
    if metric is None:
        return None, None
    return metric, "minimize" if metric in ("eval_loss", "perplexity", "wer") else "maximize"


def read(text: str) -> dict[str, Any]:
    """All search slots that a text fixes."""
    space = spaces(text)
    algorithm = next((name for name, words in _ALGORITHM if cue_pattern(words).search(text)), None)
    bound = edits.tied(text)
    metric, direction = _metric(text)
    slots: dict[str, Any] = {
        "search_space": space or None,
        "search_algorithm": algorithm,
        "tied": bound or None,
        "n_trials": _trials(text, space, algorithm),
        "search_metric": metric,
        "search_direction": direction,
    }
    if values.switches(text).get("early_stop_trials"):
        slots["early_stop_trials"] = True
    if goals := _goals(text):
        slots["search_objectives"] = goals
    numbered = fields.assign(text, ("n_trials", *fields.PLAN_FIELDS))
    given = {mention.field for mention, _ in numbered}  # 'with 3 epochs' is no range
    loose = [
        _field_slot(m.field) for m in fields.mentions(text) if not (space and (m.field in given or _kept(text, m)))
    ]
    names = [f for f in dict.fromkeys(loose) if f not in bound and f not in space and f not in _NO_SETTING]
    if names and not space:
        slots["search_fields"] = names
    elif space:
        slots["search_fields"] = [*space, *names]
    return {k: v for k, v in slots.items() if v is not None}


def _kept(text: str, mention: Any) -> bool:
    """Whether the words around a field say that it stays as it is."""
    before = re.split(r"[,;.]", text[: mention.start])[-1][-30:]
    after = re.split(r"[,;.]", text[mention.end :])[0][:25]
    return bool(_KEPT.search(before) or _KEPT.search(after))


def _field_slot(field: str) -> str:
    return "warmup_ratio" if field == "warmup" else field
