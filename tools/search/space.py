"""Which values a search tries. Ranges come from published sweeps, centred on the plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.orders import SearchSettings
from tools.search.kinds import TUNING
from trainer.errors import UserFacingError
from trainer.fields import nearest, replace
from trainer.plan import Plan

RANGES = Path(__file__).parent / "ranges.yaml"
BATCHES = "per_device_train_batch_size"
OTHER_KIND = {"lora": "full", "full": "lora"}
"""What the kind of training is tried beside, where none is named."""
USUAL = ("learning_rate", BATCHES)
"""What is searched where nothing is named: the rate first, the rank last (tinker-cookbook's sweep)."""


@cache
def ranges() -> dict[str, list[dict[str, Any]]]:
    """Published ranges per field, each with where it holds and its source."""
    table: dict[str, list[dict[str, Any]]] = yaml.safe_load(RANGES.read_text("utf-8"))
    return table


def searchable(plan: Plan) -> list[str]:
    """Fields of this plan that a search may try."""
    return [name for name in (*ranges(), BATCHES, TUNING) if name in plan.leaves()]


def kinds_said(space: dict[str, dict[str, Any]], fields: list[str], plan: Plan) -> list[str]:
    """Kinds of training that a search is to try; [] where it is not over them."""
    if TUNING not in space and (space or TUNING not in fields):
        return []
    choices: list[Any] = space.get(TUNING, {}).get("choices") or _range(TUNING, plan, 0, 0)["choices"]
    if not isinstance(choices, list) or not all(isinstance(kind, str) for kind in choices) or len(set(choices)) < 2:
        raise UserFacingError("I can't read these kinds of training", "search space", "Such as tuning=lora,full.")
    return list(dict.fromkeys(choices))


def default_space(
    plan: Plan, fields: list[str], rows: int = 0, params: int = 0, like: Sequence[Plan] = ()
) -> dict[str, dict[str, Any]]:
    """Ranges for the fields named, or the two that matter most. Raises UserFacingError for a field that can't be.

    rows: to learn from; params: of the base model; 0 where unknown. like: as in `checked_space`.
    """
    return {name: _range(name, _having(name, plan, like), rows, params) for name in fields or USUAL}


def _having(name: str, plan: Plan, like: Sequence[Plan]) -> Plan:
    """The plan, or the plan as a kind of training that has this field. Raises UserFacingError where none has."""
    if name not in (*ranges(), BATCHES, TUNING):
        raise UserFacingError(f"I can't search over {name}", "search space", nearest(name, searchable(plan)))
    found = next((one for one in (plan, *like) if name in one.leaves()), None)
    if found is None:
        raise _absent(name, plan)
    return found


def _range(name: str, plan: Plan, rows: int, params: int) -> dict[str, Any]:
    """The published range where it holds the plan's value; else one around that value."""
    value = plan.leaves()[name]
    if name == BATCHES:
        return {"choices": sorted({max(1, value // 2), value, value * 2})}
    if name == TUNING:
        return {"choices": [value, OTHER_KIND.get(value, "lora")]}
    row = next(r for r in [*ranges()[name], {}] if _fits(r, plan, rows, params))
    spec: dict[str, Any] = {key: row[key] for key in ("low", "high", "log", "choices") if key in row}
    if "choices" in spec:
        return {"choices": spec["choices"] if value in spec["choices"] else _with(spec["choices"], value)}
    if spec and spec["low"] <= value <= spec["high"]:
        return spec
    return _around(name, value, plan)


def _fits(row: dict[str, Any], plan: Plan, rows: int, params: int) -> bool:
    low, high = row.get("rows", (0, None))
    return (
        plan.method.method in row.get("methods", [plan.method.method])
        and plan.adapter.tuning in row.get("tunings", [plan.adapter.tuning])
        and ("params_b" not in row or 0 < params <= row["params_b"] * 1e9)
        and ("rows" not in row or (rows > 0 and (low or 0) <= rows < (high or float("inf"))))
    )


def _with(choices: list[Any], value: Any) -> list[Any]:
    if value is None or isinstance(value, str):
        return [value, *choices]
    return sorted([*choices, value])


def _around(name: str, value: float, plan: Plan) -> dict[str, Any]:
    """A fifth of the plan's value to four times it, as far as a plan may hold that; epochs half to one and a half."""
    if not value:
        raise UserFacingError(f"the plan's {name} is 0, and I know no range for it", "", f"Name one: {name}=low..high.")
    low, high = (value / 2, value * 1.5) if name == "num_train_epochs" else (value / 5, value * 4)
    while high > value and not _holds(plan, name, high):
        high = value + (high - value) / 2 if high - value > value / 100 else value
    return {"low": low, "high": high} | ({} if name == "num_train_epochs" else {"log": True})


def _holds(plan: Plan, name: str, value: float) -> bool:
    try:
        replace(plan, {name: value})
    except UserFacingError:
        return False
    return True


def checked_space(space: dict[str, dict[str, Any]], plan: Plan, like: Sequence[Plan] = ()) -> dict[str, dict[str, Any]]:
    """A person's space, with every fault named; its ends must be values a plan may hold.

    like: the plan as each kind of training that is tried; what one of them has may be searched.
    """
    for name, spec in space.items():
        if name != TUNING:
            _checked(name, spec, plan, like)
    return space


def _checked(name: str, spec: dict[str, Any], plan: Plan, like: Sequence[Plan]) -> None:
    _readable(name, spec)
    having = _having(name, plan, like)
    wide = "low" in spec and "high" in spec and 0 < 10 * spec["low"] <= spec["high"]
    if name == "learning_rate" and wide:
        spec.setdefault("log", True)  # rates are felt by their ratio, not their difference
    _in_order(name, spec)
    for value in spec.get("choices") or (spec["low"], spec["high"]):
        replace(having, {name: _whole(name, value)})


def _in_order(name: str, spec: dict[str, Any]) -> None:
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


def _readable(name: str, spec: Any) -> None:
    """Refuse what is no range: a model may write anything."""
    ends = [spec[end] for end in ("low", "high") if end in spec] if isinstance(spec, dict) else [None]
    listed = isinstance(spec.get("choices", []), list) if isinstance(spec, dict) else False
    if not listed or not all(isinstance(end, int | float) and math.isfinite(end) for end in ends):
        raise UserFacingError(
            f"I can't read the range of {name}", "search space", f"Write {name}=low..high or {name}=a,b,c."
        )


def _absent(name: str, plan: Plan) -> UserFacingError:
    """A rank is only there with LoRA, beta only with DPO and its like."""
    if name.startswith("lora_"):
        what, way = f"it trains {plan.adapter.tuning}, not LoRA", "Leave it out, or plan with tuning=lora first."
    else:
        what, way = f"its method is {plan.method.method}", "Leave it out, or plan with a method that has it."
    return UserFacingError(f"this plan has no {name}: {what}", "search space", way)


WHOLE = ("lora_r", "lora_alpha", BATCHES, "num_generations")
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
        if value in spec.get("choices", []) or (
            "low" in spec and value is not None and spec["low"] <= value <= spec["high"]
        ):
            inside[name] = value
    return inside


def describe(settings: SearchSettings) -> str:
    """The space in words."""
    return "; ".join(_described(name, spec, settings) for name, spec in settings.space.items())


def _described(name: str, spec: dict[str, Any], settings: SearchSettings) -> str:
    kinds = [k for k, kind in settings.kinds.items() if name in kind.adapter and name != TUNING]
    only = f" (with {', '.join(kinds)} only)" if kinds and len(kinds) < len(settings.kinds) else ""
    if "choices" in spec:
        return f"{name} among {', '.join(map(str, spec['choices']))}{only}"
    other = "".join(
        f"; with {k} from {spec['low'] * kind.times:.3g} to {spec['high'] * kind.times:.3g}"
        for k, kind in settings.kinds.items()
        if name == "learning_rate" and kind.times != 1.0
    )
    log = " (log)" if spec.get("log") else ""
    return f"{name} from {spec['low']:.3g} to {spec['high']:.3g}{log}{other}{only}"
