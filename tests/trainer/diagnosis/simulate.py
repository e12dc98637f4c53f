"""A small simulator of training logs, step by step and then windowed, to test the rules on.

Written from the mechanisms, with wider ranges than any one example: logging every 1 to 25 steps,
60 to 1,500 steps, tiny to large models, losses from 0.2 to 8.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np

from trainer.diagnosis import Finding, History, diagnose

Row = dict[str, Any]


@dataclass
class Case:
    """A simulated run: arrays per step, the plan, and what a diagnosis should say."""

    rng: np.random.Generator
    plan: dict[str, Any]
    loss: np.ndarray
    norm: np.ndarray
    rate: np.ndarray
    every: int
    evals: dict[int, Row] = field(default_factory=dict)
    extra: dict[str, np.ndarray] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    onset: float | None = None
    status: str = "finished"

    @property
    def steps(self) -> int:
        return len(self.loss)

    @property
    def per_epoch(self) -> float:
        return float(self.plan["steps_per_epoch"])

    def rows(self) -> list[Row]:
        """Log rows: loss as a mean over the window, everything else at its last step."""
        rows: list[Row] = []
        for end in range(self.every, self.steps + 1, self.every):
            last = end - 1
            row: Row = {
                "step": end,
                "epoch": round(end / self.per_epoch, 4),
                "loss": _logged(float(np.mean(self.loss[end - self.every : end]))),
                "grad_norm": _logged(float(self.norm[last])),
                "learning_rate": float(self.rate[last]),
            }
            row.update({k: round(float(v[last]), 5) for k, v in self.extra.items()})
            rows.append(row)
            rows += [
                {"step": s, "epoch": round(s / self.per_epoch, 4), **self.evals[s]}
                for s in self.evals
                if end <= s < end + self.every
            ]
        return rows

    def jump(self, start: int, height: float, fade: float, norm: float = 10.0) -> None:
        """Raise the loss at a step; it fades by exp(-t / fade)."""
        after = np.arange(self.steps - start)
        decay = np.exp(-after / fade)
        self.loss[start:] += height * decay
        self.norm[start:] += norm * np.exp(-after / (0.6 * fade)) * self.rng.uniform(0.6, 1.2)

    def add_evals(self, curve: Callable[[int], float], name: str = "eval_loss", count: int = 10) -> None:
        """Evaluate about `count` times, with one per cent of noise."""
        gap = max(1, self.steps // count)
        for step in range(gap, self.steps + 1, gap):
            value = curve(step) * (1 + 0.006 * self.rng.standard_normal())
            self.evals.setdefault(step, {})[name] = round(float(value), 4)


def _logged(value: float) -> float | str:
    return round(value, 4) if np.isfinite(value) else "NaN"


def cosine(steps: int, peak: float, warmup: int) -> np.ndarray:
    """Cosine schedule with linear warmup."""
    at = np.arange(steps)
    down = 0.5 * (1 + np.cos(np.pi * (at - warmup) / max(1, steps - warmup)))
    return peak * np.where(at < warmup, (at + 1) / max(1, warmup), down)


def _plan(rng: np.random.Generator, lora: bool, steps: int, every: int, epochs: int) -> dict[str, Any]:
    """A usual plan."""
    return {
        "method": "sft",
        "tuning": "lora" if lora else "full",
        "base_model": "org/some-7B-Instruct",
        "params_b": 7.0,
        "vocab_size": 32000,
        "learning_rate": float(rng.uniform(1e-4, 2.5e-4) if lora else rng.uniform(6e-6, 1.8e-5)),
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 4,
        "max_steps": steps,
        "steps_per_epoch": ceil(steps / epochs),
        "num_train_epochs": epochs,
        "max_length": 2048,
        "packing": False,
        "max_grad_norm": 1.0,
        "dtype": "bf16",
        "logging_steps": every,
        "shuffle": True,
        "tokens_mean": 400,
        "tokens_p50": 350,
        "tokens_p95": 900,
        "truncated_fraction": 0.01,
        "padding": "longest",
        "lora_dropout": 0.05 if lora else None,
        "lora_r": 16 if lora else None,
        "trainable_params_pct": 0.6 if lora else 100.0,
    }


def base(rng: np.random.Generator, **over: Any) -> Case:
    """A calm run of a random size; `over` sets fields of the plan or start, end, steps, every."""
    steps = int(over.pop("steps", rng.integers(200, 900)))
    every = int(over.pop("every", rng.choice([1, 2, 5, 10, 20 if steps > 400 else 10])))
    start, end = over.pop("start", rng.uniform(1.2, 2.6)), over.pop("end", None)
    end = start * rng.uniform(0.5, 0.75) if end is None else end
    epochs = over.pop("epochs", int(rng.integers(1, 4)))
    tau = over.pop("tau", rng.uniform(0.06, 0.15)) * steps
    lora = over.get("tuning", rng.choice(["lora", "full"])) == "lora"
    warmup = over.get("warmup_steps", max(3, int(0.05 * steps)))
    plan = _plan(rng, lora, steps, every, epochs) | {"warmup_steps": warmup}
    plan.update(over)
    at = np.arange(steps)
    ramp = np.clip(at / max(1, warmup), 0, 1)
    wobble = np.convolve(rng.standard_normal(steps + 20), np.ones(20) / 20, mode="same")[:steps]
    noise = rng.uniform(0.02, 0.06) * rng.standard_normal(steps) + 0.03 * wobble
    loss = end + (start - end) * np.exp(-(np.cumsum(ramp)) / tau)
    norm = rng.uniform(0.3, 0.9) * rng.lognormal(0, 0.25, steps) * (1 + 2 * np.exp(-at / tau))
    rate = cosine(steps, float(plan["learning_rate"]), warmup)
    return Case(rng, plan, loss * (1 + noise), norm, rate, every)


def quiet(case: Case) -> np.ndarray:
    """The loss without its noise, for eval curves."""
    width = max(5, case.steps // 30)
    padded = np.concatenate(
        [np.full(width, case.loss[:3].mean()), case.loss, np.full(width, case.loss[-width:].mean())]
    )
    return np.convolve(padded, np.ones(width) / width, mode="same")[width:-width]


def with_evals(case: Case, factor: float = 1.02, count: int = 10) -> Case:
    """Add eval losses that follow the train loss."""
    curve = quiet(case)
    case.add_evals(lambda s: curve[s - 1] * factor, count=count)
    return case


def logs_of(case: Case) -> tuple[list[Row], dict[str, Any], dict[str, Any]]:
    """What a diagnosis may see of a case."""
    return case.rows(), case.plan, {"status": case.status, "last_step": case.steps}


def diagnosed(case: Case) -> list[Finding]:
    """The diagnosis of a case from what may be seen of it."""
    return diagnose(History.from_log(*logs_of(case)))


def labels(case: Case) -> set[str]:
    """Labels a case is given."""
    return {finding.label for finding in diagnosed(case)}


def seeds(count: int) -> list[np.random.Generator]:
    """Independent sources of randomness, the same in every session."""
    return [np.random.default_rng([20, number]) for number in range(count)]
