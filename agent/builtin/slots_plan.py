"""Values of a plan: what a proposal or a change of a plan fixes."""

from __future__ import annotations

import re
from typing import Any

from agent.builtin import columns, edits, fields, languages, models, paths
from agent.builtin.learned import likely
from agent.builtin.quantities import Number, neat
from agent.builtin.reading import PLAN_VALUES, Reading
from trainer.plan.methods import ONLINE

_EVAL_ROLE = re.compile(
    r"(?:only )?(?:for |as |zum |para |pour |用于|作为)?(?:the )?(?:eval\w*|test\w*"
    r"|valid\w*|measur\w*|hold\w*|check\w*|prueba|验证|测试)"
)
_TRANSLATE_TO = re.compile(r"(?:into|to|nach|ins|auf|al|a|en|vers|成|译成|到|में|te|e)\s*(?:the )?$")


_SHORT_ZH = {"中": "zh", "英": "en", "德": "de", "法": "fr", "西": "es", "日": "ja", "韩": "ko", "俄": "ru"}


def plan_values(r: Reading) -> dict[str, Any]:
    """Hyperparameters, method, model, limits and files that a message fixes."""
    slots: dict[str, Any] = dict(r.limits)
    slots.update({k: v for k, v in r.values.items() if k in (*PLAN_VALUES, "device", "base_model_rule", "priority")})
    slots.update(r.edits.values)
    slots.update(r.beside)
    slots.update(_model(r))
    slots.update(_files(r))
    slots.update(r.config)
    if "sample_word" in r.concepts and "dataset_path" not in slots:
        slots["dataset_path"] = "sample"
    if "keep_duplicates" in r.concepts:
        slots["skip_rows"] = ["empty"]
    if "lora_alpha" not in slots:
        slots.update(_tied_alpha(r, slots))
    if slots.get("method", r.situation.plan.get("method")) in ONLINE:
        slots.update({name.field: neat(number.value) for name, number in fields.assign(r.order, ("temperature",))})
    if slots.get("modules_to_save") and "lora_r" not in slots:
        slots.pop("target_modules", None)
    return slots


def _tied_alpha(r: Reading, slots: dict[str, Any]) -> dict[str, Any]:
    expression = edits.tied(r.order).get("lora_alpha")
    rank = slots.get("lora_r", r.situation.plan.get("lora_r"))
    if not expression or not isinstance(rank, int | float):
        return {}
    factor = expression.removesuffix("lora_r").rstrip("*")
    return {"lora_alpha": neat(rank * (float(factor) if factor else 1.0))}


def _model(r: Reading) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    told = [m for m in r.models if m.id]
    local = [f.path for f in r.situation.files if "checkpoint" in str((f.model_extra or {}).get("kind", ""))]
    if told:
        slots["base_model"] = (
            told[-1].id if len(told) > 1 and re.search(r"instead|switch|statt|not ", r.order) else told[0].id
        )
    elif any(p in r.places.files for p in local) or any(p.rstrip("/") in r.places.folders for p in local):
        slots["base_model"] = local[0]
    elif size := wanted_size(r):
        slots["model_params_b"] = size
    if "base_model" in slots:
        slots["base_model"] = _of_kind(str(slots["base_model"]), r.order)
    if r.excluded:
        slots["excluded_models"] = [m.id or m.family for m in r.excluded]
    return slots


def _of_kind(model_id: str, order: str) -> str:
    """'the instruct version of ...': the sibling that was asked for."""
    asked = re.search(r"(?<!\w)(?:instruct|chat|base|it) (?:version|variant|one|variante)", order)
    if not asked:
        return model_id
    kind = "base" if asked.group().startswith("base") else "instruct"
    parts = tuple(
        p
        for p in models.pieces(model_id.rsplit("/", maxsplit=1)[-1])
        if p not in ("instruct", "it", "chat", "base", "pt")
    )
    return models.resolve((*parts, kind)) or model_id


def wanted_size(r: Reading) -> float | int | None:
    """A wanted size with no name: 'a 3b model', '1b or so', '7B左右'."""
    match = re.search(
        r"(?<![\w.-])(\d+(?:\.\d+)?)\s?(?:b|billion|milliarden|billones|milliards"
        r"|bn)(?![a-z0-9])|(?<![\w.-])(\d{2,3})\s?(?:m|million|millionen)(?![a-z0-9])(?="
        r" (?:model|param|one))|(\d+(?:\.\d+)?)\s*b(?=[^\x00-\x7f])",
        r.order,
    )
    if not match:
        return None
    value = match.group(1) or match.group(3)
    return neat(float(value)) if value else neat(float(match.group(2)) / 1000)


def _files(r: Reading) -> dict[str, Any]:
    checkpoints = {f.path for f in r.situation.files} - {f.path for f in paths.data_files(r.situation)}
    named = [p for p in r.places.files if p not in checkpoints]
    held = [p for p in named if (paths.is_eval_name(p) and len(named) > 1) or _for_eval(r, p, named)]
    train = [p for p in named if p not in held]
    slots: dict[str, Any] = {}
    if held:
        slots["eval_dataset_path"] = held[0]
    if len(train) == 1:
        slots["dataset_path"] = train[0]
    elif len(train) > 1:
        slots["input_paths"] = train
    elif not named and "other_file" in r.concepts:
        others = [f.path for f in paths.data_files(r.situation) if f.path != r.situation.plan.get("dataset_path")]
        slots.update({"dataset_path": others[0]} if len(others) == 1 else {})
    return slots


def _for_eval(r: Reading, path: str, named: list[str]) -> bool:
    at = r.order.find(path.lower())
    if at < 0:
        return False
    after = r.order[at + len(path) :][:24].split(",")[0]
    before = r.order[max(0, at - 26) : at].split(",")[-1]
    asked = re.search(
        r"(?:eval\w*|test|valid\w*|measure|score)(?: it| on| with| using| against"
        r"| is| set| data| file|:)*\s*$",
        before,
    )
    return bool(
        (
            re.match(rf"\s*(?:is |are |as |be |only )*{_EVAL_ROLE.pattern}", after)
            and (len(named) > 1 or r.situation.plan)
        )
        or (asked and (len(named) > 1 or r.situation.plan))
    )


TASK_SURE = 0.45
"""How sure the classifier must be to name a task that the words don't."""


def proposal(r: Reading) -> dict[str, Any]:
    """Slots of a first plan: goal, data, roles, language, and whatever else was fixed."""
    slots = plan_values(r)
    advice = r.extra.get("last_advice")
    if isinstance(advice, dict) and "this_one" in r.concepts:
        slots = {k: v for k, v in advice.items() if k != "topic"} | slots
    only = [f for f in paths.data_files(r.situation) if not paths.is_eval_name(f.path)]
    if "dataset_path" not in slots and "input_paths" not in slots and len(only) == 1:
        slots["dataset_path"] = only[0].path
    task = r.task or _task_from(slots, r) or next(iter(likely("task", r.order, TASK_SURE)), None)
    if task:
        slots["task"] = task
    slots.update(_roles(r, slots, task))
    slots.update(_language(r, task))
    return slots


def _task_from(slots: dict[str, Any], r: Reading) -> str | None:
    """A preference method says what the model is to learn."""
    return None if slots.get("method") != "grpo" else "math_reasoning" if "math" in r.order else None


def _roles(r: Reading, slots: dict[str, Any], task: str | None) -> dict[str, Any]:
    names = columns.inferred(r.order, r.columns, task)
    if slots.get("method") == "grpo":
        answers = [c for c in r.columns if c.lower() in ("gold", "answer", "solution", "label", "target", "result")]
        names = {k: v for k, v in names.items() if k == "prompt_column"} | (
            {"answer_column": answers[0]} if len(answers) == 1 else {}
        )
    return names


def _language(r: Reading, task: str | None) -> dict[str, Any]:
    named = languages.named(r.order)
    short = re.search(r"(?:译|翻译?成?|转)(中|英|德|法|西|日|韩|俄)", r.order)
    if task == "translation" and short:
        return {"language": _SHORT_ZH[short.group(1)]}
    if task == "translation" and named:
        to = [code for at, code in named if _TRANSLATE_TO.search(r.order[:at])]
        return {"language": (to or [named[-1][1]])[-1]}
    if named:
        return {"language": named[-1][1]}
    if r.message.language in ("hi", "bn", "zh", "de", "es", "fr") and task not in (
        "text_classification",
        "text_to_sql",
        "code_generation",
        None,
    ):
        return {"language": r.message.language}
    return {}


def settled(field: str, number: Number) -> dict[str, Any]:
    """A number given for a field that was named before."""
    if field in fields.PLAN_FIELDS:
        slot, value = fields.convert(field, number, "")
        return {slot: value}
    return {field: neat(number.whole)}


def undone(r: Reading) -> dict[str, Any]:
    """Values as they were before the last change of the plan."""
    named = {m.field for m in fields.mentions(r.order)}
    for turn in reversed(r.situation.history):
        if turn.intent in ("revise_plan", "propose_plan") and turn.slots:
            changed = [k for k in turn.slots if not named or k in named]
            if named and not changed:
                continue
            before = {k: turn.plan_before[k] for k in changed if k in turn.plan_before}
            if before:
                return before
            if turn.intent == "revise_plan":
                return {}
    return {}
