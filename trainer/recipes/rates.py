"""Learning rates that others have published or that were measured here, by method, adapter and size.

The nearest row by model size counts. Where sources disagree the reason says so; where nothing is known it says from
what it starts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from trainer.reasons import Reason

FAR = 4.0
"""A model more than this many times larger or smaller than the row's is an untested corner."""
TENFOLD = 10.0
"""An adapter's best rate over the full one's: LoRA Without Regret, tinker-cookbook; distillation was only 2x."""
_METHODS = {"rloo": "grpo", "kto": "dpo", "cpo": "dpo", "orpo": "dpo", "reward_modeling": "dpo", "distillation": "sft"}
"""A method without a row starts from another's."""
_TUNINGS = {"freeze": "full", "qlora": "lora", "dora": "lora", "adalora": "lora", "oft": "lora"}
_TUNINGS |= {"vera": "lora", "ia3": "lora", "prompt_tuning": "lora", "prefix_tuning": "lora"}
"""An adapter without a row starts from another's."""


@dataclass(frozen=True)
class Rate:
    """A learning rate for models of about `size_b` billion parameters."""

    method: str
    tuning: str
    size_b: float
    learning_rate: float
    why: str
    source: str


@cache
def table() -> tuple[Rate, ...]:
    """Every row of `rates.yaml`."""
    text = (Path(__file__).parent / "rates.yaml").read_text("utf-8")
    return tuple(Rate(**row) for row in yaml.safe_load(text))


def rate_for(method: str, tuning: str, params: int) -> tuple[float, Reason]:
    """The nearest published rate and why; says so when nothing near was tested."""
    size = params / 1e9
    row, unlike, factor = _nearest(method, tuning, size)
    far = _apart(row, size) > math.log(FAR)
    corner = " at ".join([*([" with ".join(unlike)] if unlike else []), *([told(size)] if far else [])])
    times = f" times {factor:g}" if factor != 1 else ""
    why = (
        f"not known for {corner}; starting from {row.method}, {row.tuning}, {told(row.size_b)}{times}: {row.why}"
        if corner
        else row.why
    )
    rate = float(f"{row.learning_rate * factor:.2g}")
    return rate, Reason(origin="recipe", why=why, source=row.source)


def _nearest(method: str, tuning: str, size: float) -> tuple[Rate, list[str], float]:
    """A row, what it was not made for, and what its rate is multiplied by."""
    found = [
        (min(rows, key=lambda r: _apart(r, size)), unlike, factor)
        for other, unlike, factor in _tried(method, tuning)
        if (rows := [r for r in table() if (r.method, r.tuning) == other])
    ]
    return next((f for f in found if _apart(f[0], size) <= math.log(FAR)), found[0])


def _apart(row: Rate, size: float) -> float:
    return abs(math.log(row.size_b / size))


def _tried(method: str, tuning: str) -> list[tuple[tuple[str, str], list[str], float]]:
    """Where to look, what a row there was not made for, and a factor; the likest first."""
    like = _TUNINGS.get(tuning, tuning)
    ways = [((method, tuning), [], 1.0), ((method, like), [tuning], 1.0)]
    if like == "lora":
        ways.append(((method, "full"), [tuning], TENFOLD))
    if method in _METHODS:
        ways += [(pair, [method, *words], times) for pair, words, times in _tried(_METHODS[method], tuning)]
    return ways


def told(billions: float) -> str:
    """A model's size in words."""
    return f"{billions:g} B" if billions >= 0.1 else f"{billions * 1000:.2g} M parameters"
