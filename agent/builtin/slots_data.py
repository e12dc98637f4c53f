"""Slots of looking at data and of rewriting a copy of it."""

from __future__ import annotations

import re
from typing import Any

from agent.builtin import columns, languages, paths, slots_plan
from agent.builtin.fields import assign
from agent.builtin.quantities import neat, numbers
from agent.builtin.reading import Reading

Facts = set[str]


def dataset(r: Reading) -> dict[str, Any]:
    """The one file that is named."""
    return {"dataset_path": r.places.files[0]} if len(r.places.files) == 1 else {}


def _checks(r: Reading) -> list[str]:
    checks = list(r.checks)
    for broad in ("overview", "quality"):
        if broad in checks and len(checks) > 1 and _covered(r, broad):
            checks.remove(broad)
    if not checks:
        checks = ["overview"] if r.places.files else ["quality"]
    if "columns" in checks or ("preference_length_bias" in checks):
        checks = [c for c in checks if c in ("columns", "preference_length_bias", "duplicates", "pii", "empty_rows")]
    return checks


def inspect(r: Reading, found: Facts) -> dict[str, Any]:
    """Which checks are wanted, on what."""
    checks = _checks(r)
    slots: dict[str, Any] = {"inspect_checks": checks, **dataset(r)}
    if "pii" in checks and r.pii:
        slots["pii_types"] = r.pii
    if "class_balance" in checks and columns.label(r.columns):
        slots["label_column"] = columns.label(r.columns)
    if "sample_rows" in checks:
        slots.update(count(r, "n_rows"))
    if "token_lengths" in checks:
        slots.update(_length(r))
    mentioned = columns.mentioned(r.rest, r.columns)
    if len(mentioned) == 1 and not slots.get("label_column"):
        slots["column"] = mentioned[0]
    slots.update({k: v for k, v in r.values.items() if k in ("tuning", "method")})
    if "has:train" in found or "train" in found:
        slots.update(slots_plan.plan_values(r))
    return slots


def _covered(r: Reading, broad: str) -> bool:
    """Whether a broad check was named only by the words of a particular one."""
    if broad == "quality":
        return True
    words = r.checks[broad]
    particular = any(words in p or p in words for c, p in r.checks.items() if c not in ("overview", "quality"))
    rows = re.search(r"how many (?:rows|lines|examples)|koto gula|kitne rows|wie viele zeilen|多少(?:行|条)", words)
    return not rows or particular


def count(r: Reading, field: str) -> dict[str, Any]:
    """A count that is said for one field."""
    for mention, number in assign(r.rest, (field,)):
        if mention.field == field and number.mark not in ("%", "x"):
            return {field: int(number.whole)}
    return {}


def _length(r: Reading) -> dict[str, Any]:
    if r.edits.values.get("max_length"):
        return {"max_length": r.edits.values["max_length"]}
    sizes = [n for n in numbers(r.rest) if n.whole >= 64 or n.mark == "k"]
    if not sizes:
        return {}
    n = sizes[0]
    return {"max_length": int(n.value * 1024 if n.mark == "k" else n.whole)}


OF_THE_PLAN = (
    *("tuning", "method", "base_model", "seed", "quantization", "num_train_epochs", "learning_rate", "lora_r"),
    *("lora_alpha", "per_device_train_batch_size", "effective_batch_size", "max_hours"),
)
"""Values for the training that is wished for in the same breath."""


def prepare(r: Reading, _found: Facts) -> dict[str, Any]:
    """Which operations are wanted, with their values."""
    ops = _operations(r)
    slots: dict[str, Any] = {"prep_ops": ops}
    if "merge_files" in ops:
        named = r.places.files or [f.path for f in paths.data_files(r.situation)]
        slots["input_paths"] = named
    else:
        slots.update(dataset(r))
    told = columns.said(r.order, r.columns)
    slots.update(told)
    if set(ops) & {"redact_pii", "drop_rows"} and r.pii:
        slots["pii_types"] = r.pii
    if "balance_classes" in ops and columns.label(r.columns):
        slots["label_column"] = columns.label(r.columns)
    if "filter_language" in ops:
        spoken = languages.named(r.order)
        if spoken:
            slots["language"] = spoken[0][1]
    if "drop_columns" in ops:
        slots["drop_columns"] = columns.mentioned(r.order, r.columns)
    slots.update(sizes(r, ops))
    target = _target_format(r.order) or ("messages" if set(ops) & {"convert_format"} else None)
    if target and ("convert_format" in ops or "group_conversations" in ops):
        slots["target_format"] = target
    slots.update({k: v for k, v in slots_plan.plan_values(r).items() if k in OF_THE_PLAN})
    return slots


def _operations(r: Reading) -> list[str]:
    ops = list(r.operations)
    if not ops and columns.said(r.order, r.columns):
        return ["map_columns"]
    if "convert_format" in ops and "map_columns" in ops:
        ops.remove("map_columns")
    if (
        "group_conversations" in ops
        and re.search(r"user ?=|assistant|rolle|roles?|messages format|chat format", r.order)
        and "convert_format" not in ops
    ):
        ops.append("convert_format")
    if (
        "drop_rows" in ops
        and ("dedupe" in ops or "drop_columns" in ops or "filter_short" in ops)
        and not re.search(
            r"empty|blank|missing|null|with|without|leer|vac|vide|空|contain|where|from|older",
            r.operations["drop_rows"],
        )
    ):
        ops.remove("drop_rows")
    if (
        "drop_rows" in ops
        and "redact_pii" in ops
        and re.search(r"drop|remove|delete|throw", r.operations["drop_rows"])
        and not re.search(r"mask|redact|anonym|replace|placeholder|hide", r.order)
    ):
        ops.remove("redact_pii")
    if "filter_language" in ops and "drop_rows" in ops:
        ops.remove("drop_rows")
    if "merge_files" in ops and "group_conversations" in ops:
        ops.remove("merge_files")
    if "sample" in ops and "split" in ops and not re.search(r"random \d|take|sample|subset", r.order):
        ops.remove("sample")
    return ops


def sizes(r: Reading, ops: list[str]) -> dict[str, Any]:
    """Shares, counts and lengths that operations need."""
    slots: dict[str, Any] = {k: v for k, v in r.edits.values.items() if k in ("seed", "val_split", "max_samples")}
    parts = re.search(r"(?<!\d)(\d{2})\s*(?:%\s*)?[/:-]\s*(\d{1,2})(?!\d)", r.order)
    if "split" in ops and parts and int(parts.group(1)) + int(parts.group(2)) == 100:
        slots["val_split"] = int(parts.group(2)) / 100
    elif "split" in ops and "val_split" not in slots:
        shares = [n for n in numbers(r.order) if n.mark == "%"]
        if shares:
            n = shares[0]
            slots["val_split"] = neat(n.fraction if n.fraction <= 0.5 else 1 - n.fraction)
    if "sample" in ops and "max_samples" not in slots:
        counts = [n for n in numbers(r.order) if n.mark in ("", "k") and n.whole >= 2]
        if counts:
            slots["max_samples"] = int(counts[0].whole)
    if "filter_short" in ops:
        slots.update(count(Reading(r.message, r.situation, rest=r.order), "min_chars"))
    if "group_conversations" in ops:
        slots.update(_gap(r.order))
    return slots


def _gap(text: str) -> dict[str, Any]:
    match = re.search(
        r"(\d+(?:\.\d+)?|an?|half an|one|eine[rm]?|una?|une)\s*-?(hours?|hrs?|h|stunden?|horas?"
        r"|heures?|小时|minutes?|mins?|minuten|minutos|分钟|ghonta|ghante|days?|tage?)(?![a-z])",
        text,
    )
    if not match:
        return {}
    count = float(match.group(1)) if match.group(1)[0].isdigit() else 0.5 if "half" in match.group(1) else 1
    unit = match.group(2)
    return {"gap_minutes": int(count * (1 if unit[0] in "m分" else 1440 if unit[0] in "dt" else 60))}


def _target_format(text: str) -> str | None:
    if re.search(
        r"prompt\s*(?:[/_+&-]|and|und|y)\s*(?:completion|response)|alpaca|instruction format|input[/ ]output pairs",
        text,
    ):
        return "prompt_completion"
    if re.search(r"preference|chosen\s*(?:[/_+&-]|and)\s*rejected|dpo (?:format|pairs)|偏好格式", text):
        return "preference"
    if re.search(
        r"plain text|raw text|text format|纯文本|(?:to|into|as|in) (?:a )?(?:single )?text(?:"
        r" column| field)?(?![A-Za-z0-9_À-ɏ])",
        text,
    ):
        return "text"
    return (
        "messages"
        if re.search(r"messages?|chatml|sharegpt|chat|openai|conversation|jsonl?|对话|user ?=", text)
        else None
    )
