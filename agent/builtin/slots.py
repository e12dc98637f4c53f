"""The values that belong to an intent, taken from a reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agent.builtin import clarifying, columns, edits, facts, languages, paths, refusals, runs, slots_plan
from agent.builtin.constraints import clock
from agent.builtin.fields import assign
from agent.builtin.quantities import neat, numbers
from agent.builtin.reading import Reading

Facts = set[str]


def _dataset(r: Reading) -> dict[str, Any]:
    return {"dataset_path": r.places.files[0]} if len(r.places.files) == 1 else {}


def _inspect(r: Reading, found: Facts) -> dict[str, Any]:
    checks = list(r.checks)
    for broad in ("overview", "quality"):
        if broad in checks and len(checks) > 1 and _covered(r, broad):
            checks.remove(broad)
    if not checks:
        checks = ["overview"] if r.places.files else ["quality"]
    if "columns" in checks or ("preference_length_bias" in checks):
        checks = [c for c in checks if c in ("columns", "preference_length_bias", "duplicates", "pii", "empty_rows")]
    slots: dict[str, Any] = {"inspect_checks": checks, **_dataset(r)}
    if "pii" in checks and r.pii:
        slots["pii_types"] = r.pii
    if "class_balance" in checks and columns.label(r.columns):
        slots["label_column"] = columns.label(r.columns)
    if "sample_rows" in checks:
        slots.update(_count(r, "n_rows"))
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


def _count(r: Reading, field: str) -> dict[str, Any]:
    for mention, number in assign(r.rest, (field,)):
        if mention.field == field and number.mark not in ("%", "x"):
            return {field: int(number.whole)}
    return {}


def _length(r: Reading) -> dict[str, Any]:
    if r.edits.values.get("max_length"):
        return {"max_length": r.edits.values["max_length"]}
    sizes = [n for n in numbers(r.rest) if n.whole >= 64 or n.mark == "k"]
    return {"max_length": int(n.value * 1024 if n.mark == "k" else n.whole) for n in sizes[:1]}


def _prepare(r: Reading, found: Facts) -> dict[str, Any]:
    ops = _operations(r)
    slots: dict[str, Any] = {"prep_ops": ops}
    if "merge_files" in ops:
        named = r.places.files or [f.path for f in paths.data_files(r.situation)]
        slots["input_paths"] = named
    else:
        slots.update(_dataset(r))
    told = columns.said(r.order, r.columns)
    slots.update(told)
    if set(ops) & {"redact_pii", "drop_rows"} and r.pii:
        slots["pii_types"] = r.pii
    if "balance_classes" in ops and columns.label(r.columns):
        slots["label_column"] = columns.label(r.columns)
    if "filter_language" in ops:
        spoken = languages.named(r.order)
        slots.update({"language": code for _, code in spoken[:1]})
    if "drop_columns" in ops:
        slots["drop_columns"] = columns.mentioned(r.order, r.columns)
    slots.update(_prepare_numbers(r, ops))
    target = _target_format(r.order) or ("messages" if set(ops) & {"convert_format"} else None)
    if target and ("convert_format" in ops or "group_conversations" in ops):
        slots["target_format"] = target
    slots.update(
        {
            k: v
            for k, v in slots_plan.plan_values(r).items()
            if k in ("tuning", "method", "base_model", "seed", "quantization")
        }
    )
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


def _prepare_numbers(r: Reading, ops: list[str]) -> dict[str, Any]:
    slots: dict[str, Any] = {k: v for k, v in r.edits.values.items() if k in ("seed", "val_split", "max_samples")}
    parts = re.search(r"(?<!\d)(\d{2})\s*(?:%\s*)?[/:-]\s*(\d{1,2})(?!\d)", r.order)
    if "split" in ops and parts and int(parts.group(1)) + int(parts.group(2)) == 100:
        slots["val_split"] = int(parts.group(2)) / 100
    elif "split" in ops and "val_split" not in slots:
        shares = [n for n in numbers(r.order) if n.mark == "%"]
        slots.update({"val_split": neat(n.fraction if n.fraction <= 0.5 else 1 - n.fraction) for n in shares[:1]})
    if "sample" in ops and "max_samples" not in slots:
        counts = [n for n in numbers(r.order) if n.mark in ("", "k") and n.whole >= 2]
        slots.update({"max_samples": int(n.whole) for n in counts[:1]})
    if "filter_short" in ops:
        slots.update(_count(Reading(r.message, r.situation, rest=r.order), "min_chars"))
    if "group_conversations" in ops:
        slots.update(_gap(r.order))
    return slots


def _gap(text: str) -> dict[str, Any]:
    match = re.search(
        (
            r"(\d+|an?|half an|one|eine[rm]?|una?|une)\s*-?(hours?|hrs?|h|stunden?|horas?"
            r"|heures?|小时|minutes?|mins?|minuten|minutos|分钟|ghonta|ghante|days?|tage?)(?![a-z])"
        ),
        text,
    )
    if not match:
        return {}
    count = int(match.group(1)) if match.group(1).isdigit() else 0.5 if "half" in match.group(1) else 1
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
        r"plain text|raw text|text format|纯文本|(?:to|into|as|in) (?:a )?(?:single )?text(?: column| field)?(?!\w)",
        text,
    ):
        return "text"
    return (
        "messages"
        if re.search(r"messages?|chatml|sharegpt|chat|openai|conversation|jsonl?|对话|user ?=", text)
        else None
    )


def _run_of(r: Reading) -> dict[str, Any]:
    return {"run_id": r.run_ids[0]} if len(r.run_ids) == 1 else {}


def _stop(r: Reading, found: Facts) -> dict[str, Any]:
    slots = {**_run_of(r), **runs.stopping(r.order)}
    if found & {"export", "has:gguf_quant"}:
        slots.update(r.export)
        slots.pop("output_dir", None)
    name = runs.checkpoint(r.order)
    if (name and "save_checkpoint" not in slots) or name == "best":
        slots["checkpoint"] = name
    return slots


def _resume(r: Reading, found: Facts) -> dict[str, Any]:
    slots = {**_run_of(r), **slots_plan.plan_values(r)}
    slots["resume_from_checkpoint"] = runs.checkpoint(r.order) or "last"
    more = re.search(
        (
            r"(?:(\d+)|another|an) (?:more |extra |additional |further )?epochs?(?: more)?"
            r"|(\d+) (?:weitere|épocas más|époques de plus|épocas)|(?:再|多)\S{0,3}(\d+)\s*(?:轮"
            r"|个epoch)|(\d+) (?:aur|aro) epoch|(?:aur|aro) (\d+) epoch"
        ),
        r.order,
    )
    if more:
        slots["additional_epochs"] = int(next((g for g in more.groups() if g), 1))
        slots.pop("num_train_epochs", None)
    return slots


def _explain(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {**_run_of(r)}
    real = [s for s in r.symptoms if s != "metric_meaning"]
    if "has:asks_meaning" in found or not real:
        real = []
    slots["symptom"] = real[0] if real else "metric_meaning"
    if runs.step(r.order) is not None and not r.log:
        slots["step"] = runs.step(r.order)
    if runs.epoch(r.order) is not None:
        slots["epoch"] = runs.epoch(r.order)
    name = _metric_name(r.order)
    if name and slots["symptom"] == "metric_meaning":
        slots["metric"] = name
    also = [s for s in real[1:] if s != slots["symptom"]]
    if slots["symptom"] == "loss_zero" and re.search(r"grad\w*[ _]norm.{0,12}nan|nan.{0,10}grad", r.order):
        also = ["grad_norm_nan"]
    return slots | ({"also": also} if also else {})


def _metric_name(text: str) -> str | None:
    match = re.search(
        (
            r"(?<!\w)(mean[_ ]token[_ ]accuracy|token accuracy|grad[_ ]?norm|eval[_ ]loss"
            r"|train[_ ]loss|val(?:idation)? loss|perplexity|entropy|num_tokens|rewards/\w+"
            r"|rewards?[_ ]margins?|margins?|logps?/\w+|kl|clip_ratio|bleu|rouge-?l?|f1"
            r"|chrf|accuracy|learning[_ ]rate|reward_std|completion_length|loss)(?!\w)"
            r"|困惑度"
        ),
        text,
    )
    if not match:
        return None
    name = match.group().replace(" ", "_")
    return {
        "困惑度": "perplexity",
        "token_accuracy": "mean_token_accuracy",
        "gradnorm": "grad_norm",
        "val_loss": "eval_loss",
        "validation_loss": "eval_loss",
        "margins": "rewards/margins",
        "margin": "rewards/margins",
        "reward_margin": "rewards/margins",
    }.get(name, name)


def _compare(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    if r.run_ids:
        slots["runs"] = r.run_ids
    elif runs.all_runs(r.order):
        slots["runs"] = "all"
    named = [n for n in r.edits.named if not n.startswith("kept:")]
    if named:
        slots["compare_by"] = sorted(named)[0]
    elif r.metrics:
        slots["compare_by"] = r.metrics[0]
    return slots


def _evaluate(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {**_run_of(r)}
    metrics = [m for m in r.metrics if not (m == "rouge" and "rougeL" in r.metrics)]
    if metrics:
        slots["metrics"] = metrics
    held = [p for p in r.places.files if paths.is_eval_name(p)] or r.places.files
    spoken = re.search(
        (
            r"test ?-?set|test ?data|test file|held[- ]?out|holdout|val(?:idation)? (?:set"
            r"|data)|eval (?:set|data)|testdaten|测试集|验证集|conjunto de (?:prueba|test)|jeu"
            r" de test|টেস্ট সেট|टेस्ट"
        ),
        r.order,
    )
    if not held and spoken:
        held = [f.path for f in r.situation.files if paths.is_eval_name(f.path)]
    if len(held) == 1:
        slots["eval_dataset_path"] = held[0]
    if "has:base_named" in found:
        slots["compare_to_base"] = True
    slots.update(_count(Reading(r.message, r.situation, rest=r.order), "n_samples"))
    flags = {
        "per_class": r.values.get("per_class"),
        "audit_eval": "has:audit" in found or None,
        "checkpoint": runs.checkpoint(r.order),
    }
    suite = "pii_leakage" if "leak_check" in found else "general" if "forget_check" in found else None
    return slots | {k: v for k, v in {**flags, "eval_suite": suite}.items() if v is not None}


_ASKED = re.compile(
    (
        r"(?:what (?:would|will|does|did|should)|how (?:would|does|will))\b.{0,40}?\b(?:say"
        r"|answer|reply|respond|react)(?: to| if (?:i|someone|a customer) (?:asks?"
        r"|says?|wrote))?\s*:?\s*(.+)$"
    )(
        r"|(?:ask|tell|prompt|query|message)(?:ing)? (?:it|him|her|the [\w -]*?(?:model"
        r"|bot|one))(?: about| how| to)?\s*[:,]?\s+(.+)$"
    ),
    re.I | re.S,
)


def _chat(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {**_run_of(r)}
    name = runs.checkpoint(r.order)
    if name:
        slots["checkpoint"] = name
    heat = assign(r.order, ("temperature",))
    if heat:
        slots["temperature"] = neat(heat[0][1].value)
    raw = r.message.raw.strip()
    if r.message.quotes:
        slots["prompt"] = r.message.quotes[0].strip()
    elif re.search(r"[:：]\s*\S", raw):
        slots["prompt"] = re.split(r"[:：]\s*", raw, maxsplit=1)[1].strip()
    elif _ASKED.search(raw):
        match = _ASKED.search(raw)
        slots["prompt"] = next(g for g in match.groups() if g).strip() if match else ""
    return slots


def _export(r: Reading, found: Facts) -> dict[str, Any]:
    slots = {**_run_of(r), **r.export}
    name = runs.checkpoint(r.order)
    return slots | ({"checkpoint": name} if name else {})


def _advise(r: Reading, found: Facts) -> dict[str, Any]:
    topic = _topic(r, found)
    slots: dict[str, Any] = {
        k: v for k, v in r.limits.items() if k in ("max_gpu_gb", "num_gpus", "budget_usd", "max_hours")
    }
    named = languages.named(r.order)
    if named and topic == "base_model_choice":
        slots["language"] = named[-1][1]
    return slots | ({"topic": topic} if topic else {})


def _topic(r: Reading, found: Facts) -> str | None:
    if "has:cost_asked" in found and "has:hardware_asked" not in found:
        return "cost"
    for firm in ("rag_vs_finetune", "base_vs_instruct", "privacy"):
        if firm in r.topics:
            return firm
    if "base_model_choice" in r.topics:
        return "base_model_choice"
    if "has:hardware_asked" in found:
        return "hardware"
    order = (
        "data_amount",
        "licence",
        "method_choice",
        "hyperparameter_choice",
        "format",
        "evaluation",
        "cost",
        "hardware",
    )
    return next((t for t in order if t in r.topics), "hyperparameter_choice" if r.edits.named else None)


def _search(r: Reading, found: Facts) -> dict[str, Any]:
    limits = {k: v for k, v in r.limits.items() if k in ("budget_usd", "max_hours", "num_gpus")}
    held = [p for p in r.places.files if paths.is_eval_name(p)]
    return {**r.search, **limits, **({"eval_dataset_path": held[0]} if held else {})}


def _start(r: Reading, found: Facts) -> dict[str, Any]:
    at = clock(r.order)
    return {
        **({"start_at": at} if at else {}),
        **_dataset(r),
        **{k: v for k, v in r.edits.values.items() if "@finished" in found},
    }


def _refuse(r: Reading, found: Facts) -> dict[str, Any]:
    reason = refusals.reason(r.order, r.places, found)
    return {"refuse_reason": reason or "destructive_command"}


def _revise(r: Reading, found: Facts) -> dict[str, Any]:
    slots = slots_plan.plan_values(r)
    if not slots and r.edits.loose:
        field = facts.anaphora(r)
        if field:
            slots = slots_plan.settled(field, r.edits.loose[-1])
    if not slots and edits.cue("back").search(r.order):
        return slots_plan.undone(r)
    return slots


BUILDERS: dict[str, Callable[[Reading, Facts], dict[str, Any]]] = {
    "inspect_data": _inspect,
    "prepare_data": _prepare,
    "stop": _stop,
    "resume": _resume,
    "explain_run": _explain,
    "compare_runs": _compare,
    "evaluate": _evaluate,
    "chat_with_model": _chat,
    "export": _export,
    "advise": _advise,
    "search_hyperparameters": _search,
    "start": _start,
    "refuse": _refuse,
    "revise_plan": _revise,
    "propose_plan": lambda r, f: slots_plan.proposal(r),
    "clarify": clarifying.missing,
    "status": lambda r, f: _run_of(r),
    "approve": lambda r, f: {},
    "reject": lambda r, f: {},
}
