"""Pasted configurations: axolotl, LLaMA-Factory, TRL and PEFT files, and command lines."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from agent.builtin import values
from agent.builtin.data import table
from agent.builtin.quantities import neat

_LINE = re.compile(r"^\s*[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*(.*?)\s*,?\s*$")
_FLAG = re.compile(r"--([A-Za-z][\w-]*)(?:[= ](?!--)([^\s\\]+))?")
_CALL = re.compile(r"[\"']?\b([A-Za-z_]\w*)[\"']?\s*[=:]\s*(\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[^\s,(){}]+)")
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_FLOATS = {
    "learning_rate",
    "num_train_epochs",
    "lora_dropout",
    "warmup_ratio",
    "weight_decay",
    "max_grad_norm",
    "val_split",
    "beta",
}
_BOOLS = {
    "packing",
    "use_rslora",
    "gradient_checkpointing",
    "bf16",
    "fp16",
    "load_best_model_at_end",
    "assistant_only_loss",
}
_WORDS = {
    *("base_model", "dataset_path", "eval_dataset_path", "output_dir", "hub_repo_id", "optim"),
    *("teacher_model", "loss_type", "init_lora_weights", "train_sampling_strategy"),
}
_METHODS = {"pt": "cpt", "pretrain": "cpt", "rm": "reward_modeling", "reward": "reward_modeling"}


@lru_cache(maxsize=1)
def _slots() -> dict[str, str]:
    return {key: slot for slot, line in table("config_keys.yaml").items() for key in str(line).split()}


def pairs(text: str) -> list[tuple[str, str]]:
    """Keys and values of a configuration in the text; empty if there is none."""
    flags = [(m.group(1).replace("-", "_"), m.group(2) or "true") for m in _FLAG.finditer(text)]
    if sum(k.lower() in _slots() for k, _ in flags) >= 2:
        return flags
    lines = [(m.group(1), m.group(2)) for m in map(_LINE.match, text.splitlines()) if m]
    calls = [(m.group(1), m.group(2)) for m in _CALL.finditer(text)] if re.search(r"[{(]", text) else []
    if _script(text) or _known(calls) > _known(lines) + 2:
        return [*calls, *_script(text)]
    if _known(lines) >= 2:
        return [(k, v) for k, v in lines if v not in ("", "|", ">", "{", "[")]
    return calls if _known(calls) >= 2 else []


def _known(found: list[tuple[str, str]]) -> int:
    return sum(k.lower() in _slots() for k, _ in found)


def _script(text: str) -> list[tuple[str, str]]:
    """What a pasted TRL script says besides keyword arguments: the trainer's method and its model."""
    found = re.search(r"\b(SFT|DPO|KTO|ORPO|CPO|GRPO|RLOO|Distillation|Reward)(?:Config|Trainer)\(", text)
    if not found:
        return []
    model = re.search(r"(?:Trainer|from_pretrained)\(\s*(?:model\s*=\s*)?([\"'][\w./-]+[\"'])", text)
    return [("trainer", found[1]), *([("model", model[1])] if model else [])]


def _bare(value: str) -> str:
    value = re.sub(r"\s+#.*$", "", value).strip().rstrip(",")
    return value.strip("\"'` ")


def _number(value: str) -> float | None:
    try:
        return float(value.replace("_", ""))
    except ValueError:
        return None


def _listed(value: str) -> list[str]:
    return [p.strip(" \"'") for p in value.strip("[]() ").split(",") if p.strip(" \"'")]


def _enum(slot: str, key: str, value: str) -> Any:
    low = value.lower()
    if slot == "method":
        return _METHODS.get(low) or next(iter(values.values_of("method", low)), None)
    if slot == "tuning":
        if low in _TRUE | _FALSE:
            return ("dora" if "dora" in key else "lora") if low in _TRUE else None
        return "full" if low in ("full", "none", "") else next(iter(values.values_of("tuning", low)), None)
    if slot == "quantization":
        if low in _TRUE | _FALSE:
            return ("4bit" if "4" in key else "8bit") if low in _TRUE and low != "1" else None
        return {"4": "4bit", "8": "8bit"}.get(low) or next(iter(values.values_of("quantization", low)), None)
    return next(iter(values.values_of(slot, low)), None)


def _convert(slot: str, key: str, raw: str) -> Any:
    value = _bare(raw)
    if value.lower() in ("null", "none", "~", ""):
        return None
    if slot in ("method", "tuning", "quantization", "lr_scheduler_type"):
        return _enum(slot, key, value)
    if slot in ("target_modules", "modules_to_save"):
        if value.lower() in ("all", "all-linear", "true") or key == "lora_target_linear":
            return "all-linear"
        return _listed(value)
    if slot in _BOOLS:
        return True if value.lower() in _TRUE | {"unsloth", "auto"} else False if value.lower() in _FALSE else None
    if slot in _WORDS:
        return value
    number = _number(value)
    return None if number is None else neat(number)


def read(text: str) -> tuple[dict[str, Any], list[str]]:
    """Slots of a pasted configuration, and the keys in it that no slot takes."""
    slots: dict[str, Any] = {}
    unknown: list[str] = []
    for key, raw in pairs(text):
        name = key.lower().split(".")[-1]
        slot = _slots().get(name)
        value = _convert(slot, name, raw) if slot else None
        if slot is None:
            unknown.append(key)
        elif value is not None and (slot not in slots or (slot, value) == ("tuning", "dora")):
            slots[slot] = value
    if slots.get("quantization") == "4bit" and slots.get("tuning") == "lora":
        slots["tuning"] = "qlora"
    return slots, unknown


def without(text: str) -> str:
    """The text around a pasted configuration."""
    if not pairs(text):
        return text
    code = bool(_script(text))
    kept = [
        line
        for line in text.splitlines()
        if not _LINE.match(line) and "--" not in line and not (code and re.search(r"[=()]", line))
    ]
    return "\n".join(kept)
