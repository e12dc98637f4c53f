"""Which values a search tries. Ranges come from published sweeps, centred on the plan."""

from __future__ import annotations

from typing import Any

from tools.orders import SearchSettings
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, nearest, replace
from trainer.plan import Lora, Plan

SOURCE = "tinker-cookbook sweep and axolotl, docs/agents/sft.md: the rate first, the rank last"
SEARCHABLE = (
    "learning_rate",
    "num_train_epochs",
    "per_device_train_batch_size",
    "weight_decay",
    "warmup_ratio",
    "lora_r",
    "lora_alpha",
    "lora_dropout",
    "max_grad_norm",
    "lr_scheduler_type",
)


def default_space(plan: Plan, fields: list[str]) -> dict[str, dict[str, Any]]:
    """Ranges around the plan's own values, for the fields named (or the two that matter most)."""
    rate, batch = plan.optimisation.learning_rate, plan.schedule.per_device_train_batch_size
    known: dict[str, dict[str, Any]] = {
        "learning_rate": {"low": rate / 5, "high": min(0.1, rate * 4), "log": True},
        "per_device_train_batch_size": {"choices": sorted({max(1, batch // 2), batch, batch * 2})},
        "num_train_epochs": {
            "low": plan.schedule.num_train_epochs / 2,
            "high": plan.schedule.num_train_epochs * 1.5,
        },
        "weight_decay": {"choices": [0.0, 0.01, 0.1]},
        "warmup_ratio": {"low": 0.0, "high": 0.15},
        "max_grad_norm": {"choices": [0.3, 1.0, 3.0]},
        "lr_scheduler_type": {"choices": ["cosine", "linear", "constant_with_warmup"]},
    }
    if isinstance(plan.adapter, Lora):
        known["lora_r"] = {"choices": [8, 16, 32, 64]}
        known["lora_alpha"] = {"choices": [16, 32, 64]}
        known["lora_dropout"] = {"choices": [0.0, 0.05, 0.1]}
    wanted = fields or ["learning_rate", "per_device_train_batch_size"]
    for name in wanted:
        if name not in known:
            raise UserFacingError(f"I can't search over {name}", "", nearest(name, list(known)))
    return {name: known[name] for name in wanted}


def checked_space(space: dict[str, dict[str, Any]], plan: Plan) -> dict[str, dict[str, Any]]:
    """A person's space, with every fault named; its ends must be values a plan may hold."""
    for name, spec in space.items():
        wide = "low" in spec and 0 < 10 * spec["low"] <= spec["high"]
        if name == "learning_rate" and wide:
            spec.setdefault("log", True)  # rates are felt by their ratio, not their difference
        if name not in SECTION_OF or name not in SEARCHABLE:
            raise UserFacingError(f"I can't search over {name}", "search space", nearest(name, list(SEARCHABLE)))
        if name.startswith("lora_") and not isinstance(plan.adapter, Lora):
            raise UserFacingError(
                f"this plan has no {name}: it trains {plan.adapter.tuning}, not LoRA",
                "search space",
                "Leave it out, or plan with tuning=lora first.",
            )
        if "choices" in spec:
            if not spec["choices"]:
                raise UserFacingError(f"{name} has no choices", "search space", "Name at least two values.")
        elif not ("low" in spec and "high" in spec and spec["low"] < spec["high"]):
            raise UserFacingError(
                f"{name} needs low below high",
                "search space",
                f"For instance {name}=1e-4..1e-3:log",
            )
        elif spec.get("log") and spec["low"] <= 0:
            raise UserFacingError(f"{name}: a log range starts above 0", "search space", "Raise the low end.")
        for value in spec.get("choices") or (spec["low"], spec["high"]):
            replace(plan, {name: _whole(name, value)})
    return space


WHOLE = ("lora_r", "lora_alpha", "per_device_train_batch_size")
"""Fields that hold whole numbers."""


def _whole(name: str, value: Any) -> Any:
    return int(value) if name in WHOLE and isinstance(value, float) else value


def parse_space(text: str) -> tuple[str, dict[str, Any]]:
    """`learning_rate=1e-5..5e-4:log` or `lora_r=8,16,32` -> (field, range)."""
    name, _, values = text.partition("=")
    values, _, kind = values.partition(":")
    try:
        if ".." in values:
            low, high = (float(v) for v in values.split(".."))
            return name.strip(), {"low": low, "high": high, "log": kind == "log"}
        return name.strip(), {"choices": [_value(v) for v in values.split(",") if v]}
    except ValueError:
        raise UserFacingError(
            f"I can't read the range {text!r}",
            "--space",
            "Write field=low..high, field=low..high:log or field=a,b,c.",
        ) from None


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def own_values(plan: Plan, space: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The plan's own values where they lie in the space: trial 0."""
    leaves = plan.leaves()
    inside = {}
    for name, spec in space.items():
        value = leaves.get(name)
        if value in spec.get("choices", []) or ("low" in spec and spec["low"] <= value <= spec["high"]):
            inside[name] = value
    return inside


def describe(settings: SearchSettings) -> str:
    """The space in words."""
    parts = []
    for name, spec in settings.space.items():
        if "choices" in spec:
            parts.append(f"{name} among {', '.join(map(str, spec['choices']))}")
        else:
            parts.append(f"{name} from {spec['low']:.3g} to {spec['high']:.3g}{' (log)' if spec.get('log') else ''}")
    return "; ".join(parts)
