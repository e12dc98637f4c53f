"""What a run will take: memory, time, cost. Ranges with their basis, or 'unknown' with a reason."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from trainer.facts import DataProfile, Facts
from trainer.plan import Full, Plan

Basis = Literal["formula", "probe", "measured", "unknown"]

STARTUP_SECONDS = (8.0, 22.0)
"""Importing torch, transformers and TRL, reading the model; measured on 2 cores."""
TRAINER_SHARE = (0.50, 0.85)
"""TRL's step reaches this share of the bare loop's speed (its metrics, optimizer, logging)."""
DECODE_SECONDS = (0.0012, 0.003)
"""One new token of one batch, a layer, for a model so small that calls cost more than sums."""
DECODE_BATCH = 64
PROCESS_GB = (0.75, 1.1)
"""A Python process with torch, transformers and TRL, before the model."""


class Range(BaseModel):
    """From low to high in the named unit, or unknown with the reason in `why`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float | None
    high: float | None
    unit: str
    basis: Basis
    why: str


class Estimates(BaseModel):
    """What a plan will need."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory: Range
    time: Range
    cost: Range
    disk: Range
    steps: int
    train_tokens: int


def _rows(data: dict[str, Any], usable: int) -> tuple[int, int, int]:
    """Rows for train, validation and hold-out."""
    total = min(usable, data.get("max_samples") or usable)
    held: int = min(round(total * data["holdout_split"]), data.get("holdout_max", 1000))
    val = round(total * data["val_split"])
    return max(1, total - held - val), val, held


def _pieces(rows: int, profile: DataProfile, schedule: dict[str, Any]) -> int:
    """Training rows, or windows for plain text."""
    if profile.format != "text" or profile.lengths is None:
        return rows
    return max(1, round(rows * profile.lengths.mean / int(schedule["max_length"])))


def steps(schedule: dict[str, Any], data: dict[str, Any], usable: int, profile: DataProfile) -> int:
    """Optimizer steps of the whole run."""
    if schedule["max_steps"] > 0:
        return int(schedule["max_steps"])
    pieces = _pieces(_rows(data, usable)[0], profile, schedule)
    batch = int(schedule["per_device_train_batch_size"] * schedule["gradient_accumulation_steps"])
    return max(1, round(-(-pieces // batch) * float(schedule["num_train_epochs"])))


def _mean_tokens(plan: Plan, facts: Facts) -> float:
    lengths = facts.data.lengths
    if lengths is None:
        return plan.schedule.max_length / 2
    if facts.data.format == "text":
        return float(plan.schedule.max_length)
    return min(lengths.mean, plan.schedule.max_length)


def _work(plan: Plan, facts: Facts) -> float:
    """GFLOP a trained token costs: 6 x parameters, 4 x with frozen weights (Kaplan 2020)."""
    factor = 6 if isinstance(plan.adapter, Full) else 4.6
    return (factor * facts.model.params + _attention(plan, facts)) / 1e9


def _attention(plan: Plan, facts: Facts) -> float:
    """FLOP a token spends in causal attention, in units of matrix products.

    6 x length x hidden x layers, forward and backward; a CPU's attention kernel keeps up with matrix
    products at head size 64 and is slower in proportion below (measured at head size 8).
    """
    model = facts.model
    plain = 6 * _mean_tokens(plan, facts) * model.hidden * model.layers
    head = model.hidden / max(model.heads, 1)
    return plain * max(1.0, 64 / head)


def _rates(plan: Plan, facts: Facts) -> tuple[float, float] | None:
    """GFLOP/s, slow and fast, or None when nothing is known about the device."""
    compute = plan.compute
    if compute.device == "cpu":
        rate = facts.machine.rate(compute.precision, compute.threads)
        return None if rate is None else (rate * TRAINER_SHARE[0], rate * TRAINER_SHARE[1])
    return None


def _seconds(plan: Plan, facts: Facts) -> tuple[float, float, float, float] | None:
    """(fixed low, fixed high, per-epoch low, per-epoch high) in seconds."""
    rates = _rates(plan, facts)
    if rates is None:
        return None
    train, val, held = _rows(plan.data.model_dump(), facts.usable_rows)
    mean = _mean_tokens(plan, facts)
    pieces = [_pieces(n, facts.data, plan.schedule.model_dump()) for n in (train, val, held)]
    forward = 2 * facts.model.params / 1e9 * mean
    looks = forward * (pieces[1] * 9 + pieces[2] * 2)
    epoch = _work(plan, facts) * mean * pieces[0]
    slow, fast = rates
    write = [2 * s * _decode_calls(plan, held) * facts.model.layers for s in DECODE_SECONDS]
    return (
        STARTUP_SECONDS[0] + looks / fast + write[0],
        STARTUP_SECONDS[1] + looks / slow + write[1],
        epoch / fast,
        epoch / slow,
    )


def _decode_calls(plan: Plan, held: int) -> float:
    """Decoding steps for one model's answers to the hold-out."""
    if plan.evaluation.metric == "perplexity":
        return 0.0
    rows = min(held, plan.evaluation.generate_rows)
    return -(-rows // DECODE_BATCH) * plan.evaluation.max_new_tokens


def epochs_within(plan: Plan, facts: Facts, seconds: float) -> float | None:
    """The most epochs whose slow estimate ends in time; None when the speed is unknown."""
    parts = _seconds(plan, facts)
    if parts is None:
        return None
    _, fixed, _, epoch = parts
    return max(0.0, int((seconds - fixed) / epoch * 20) / 20)


def _epochs(plan: Plan, facts: Facts) -> float:
    """Epochs the run will see, from max_steps where that is given."""
    if plan.schedule.max_steps <= 0:
        return plan.schedule.num_train_epochs
    train = _rows(plan.data.model_dump(), facts.usable_rows)[0]
    pieces = _pieces(train, facts.data, plan.schedule.model_dump())
    return plan.schedule.max_steps * plan.effective_batch_size / pieces


def _time(plan: Plan, facts: Facts) -> Range:
    parts = _seconds(plan, facts)
    if parts is None:
        why = "nothing was measured on this device yet; a short probe would tell"
        return Range(low=None, high=None, unit="minutes", basis="unknown", why=why)
    epochs = _epochs(plan, facts)
    low, high = parts[0] + epochs * parts[2], parts[1] + epochs * parts[3]
    return Range(
        low=round(low / 60, 1),
        high=round(high / 60, 1),
        unit="minutes",
        basis="formula",
        why="FLOPs of model and tokens over this machine's measured speed, with start-up and tests",
    )


def _memory(plan: Plan, facts: Facts) -> Range:
    """Weights, gradients, Adam's two moments, activations, logits, the process itself."""
    model, compute = facts.model, plan.compute
    trainable = _trainable(plan, facts)
    half = compute.device == "cuda" and not isinstance(plan.adapter, Full)
    weights = model.params * (2 if half else 4)
    states = trainable * 12
    tokens = plan.schedule.per_device_train_batch_size * _peak_length(plan, facts)
    width = 2 if compute.precision != "fp32" else 4
    kept = 2 if compute.gradient_checkpointing else 10 + 3 * model.intermediate / model.hidden
    activations = tokens * model.layers * model.hidden * kept * width
    logits = tokens * model.vocab * 4 * 2
    whole = (weights + states + activations + logits) / 1e9
    base = (0.5, 0.9) if compute.device == "cuda" else PROCESS_GB
    return Range(
        low=round(base[0] + 0.8 * whole, 2),
        high=round(base[1] + 1.35 * whole, 2),
        unit="GB",
        basis="formula",
        why="weights, gradients, optimizer states, activations, logits, process",
    )


def _peak_length(plan: Plan, facts: Facts) -> int:
    lengths = facts.data.lengths
    if lengths is None or facts.data.format == "text":
        return plan.schedule.max_length
    return min(lengths.p95, plan.schedule.max_length)


def _trainable(plan: Plan, facts: Facts) -> int:
    if isinstance(plan.adapter, Full):
        return facts.model.params
    m, r = facts.model, getattr(plan.adapter, "lora_r", 8)
    kv = m.hidden * m.kv_heads // max(m.heads, 1)
    attention = 2 * 2 * m.hidden + 2 * (m.hidden + kv)
    mlp = 3 * (m.hidden + m.intermediate)
    return r * m.layers * (attention + (mlp if getattr(plan.adapter, "target_modules", "") == "all-linear" else 0))


def _cost(plan: Plan) -> Range:
    if plan.compute.device in {"cpu", "mps"}:
        why = "runs on this machine; electricity is not counted"
        return Range(low=0.0, high=0.0, unit="USD", basis="formula", why=why)
    why = "depends on whose GPU it is; I book none and know no price for it"
    return Range(low=None, high=None, unit="USD", basis="unknown", why=why)


def _disk(plan: Plan, facts: Facts) -> Range:
    """Two checkpoints kept (weights and two Adam moments in fp32), and the final model."""
    size = (_trainable(plan, facts) * 12 * 3 + _trainable(plan, facts) * 4) / 1e9
    low = 0.01 + size
    return Range(
        low=round(low, 2),
        high=round(0.05 + 1.2 * size, 2),
        unit="GB",
        basis="formula",
        why="checkpoints with optimizer states, the final weights, the split data",
    )


def estimates(plan: Plan, facts: Facts) -> Estimates:
    """Everything a plan will need, for its card."""
    data = plan.data.model_dump()
    count = steps(plan.schedule.model_dump(), data, facts.usable_rows, facts.data)
    tokens = count * plan.effective_batch_size * _mean_tokens(plan, facts)
    return Estimates(
        memory=_memory(plan, facts),
        time=_time(plan, facts),
        cost=_cost(plan),
        disk=_disk(plan, facts),
        steps=count,
        train_tokens=round(tokens),
    )
