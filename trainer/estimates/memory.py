"""Memory by an explicit formula: every term named. Bytes inside, GB (1e9 bytes) outside."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trainer.estimates.counts import answered, longest, pieces, sequences, sides, trained_share
from trainer.estimates.ranges import Range
from trainer.estimates.trainable import chosen, trainable
from trainer.facts import Facts, ModelFacts
from trainer.plan import AdaLora, Lora, Plan, Vera, Virtual

PROCESS_GB = (0.62, 0.85)
"""A Python process with torch, transformers, TRL, PEFT and datasets, before the model; on a CPU."""
CONTEXT_GB = (0.4, 0.9)
"""CUDA's own context and libraries on the device."""
ALLOCATOR = (1.02, 1.25)
"""What the allocator holds beyond what is in use, as a factor on everything but the process."""
CONSTANTS = 0.127 / 8
"""Bytes a parameter for 4-bit's scales with double quantisation: 0.127 bit (QLoRA, arXiv 2305.14314)."""
BITS = {"4bit": 0.5 + CONSTANTS, "8bit": 1.0}
STATES = {"sgd": 4, "adafactor": 1, "lion": 4, "rmsprop": 4}
"""Bytes a trained number that optimizers keep; by a part of their names. AdamW: 8, in 8 bits 2."""
CHUNK = 2**26
"""Logits that the loss of sft and cpt holds at once (trainer.methods.chunks)."""
EVALUATION_LOGITS = 30_000_000
"""Logits that the test on the hold-out holds at once (trainer.methods.answers)."""
ANSWERS = 64
"""Rows that answers are written for at once (trainer.methods.answers)."""


@dataclass(frozen=True)
class Shape:
    """What a step holds at once."""

    tokens: float
    """Tokens of the largest batch."""
    positions: float
    """Tokens of it whose logits are computed."""
    width: int
    """Bytes of an activation."""


def shape_of(plan: Plan, facts: Facts) -> Shape:
    """The largest batch on one device: its longest rows together."""
    tokens = heaviest(plan, facts)
    return Shape(tokens, tokens * trained_share(plan, facts), 4 if plan.compute.precision == "fp32" else 2)


def heaviest(plan: Plan, facts: Facts) -> float:
    """Tokens of the largest batch: all as long as the longest where rows are padded; laid end to end, their sum.

    The sum of many rows strays from its mean by the root of their number; 3 deviations are rarely passed.
    """
    rows, most, lengths = plan.schedule.per_device_train_batch_size * sequences(plan), longest(plan, facts), None
    if plan.compute.padding_free and facts.data.format != "text":
        lengths = facts.data.lengths
    if lengths is None:
        return float(rows * most)
    mean = min(lengths.mean, most)
    deviation = max(0.0, (min(lengths.p95, most) - mean) / 1.645)
    return float(min(rows * most, max(most, rows * mean + 3 * deviation * math.sqrt(rows))))


def terms(plan: Plan, facts: Facts) -> dict[str, float]:
    """Bytes by name, without process and allocator; phases that don't overlap are already reduced to the largest."""
    model, moved = facts.model, trainable(plan, facts.model)
    held = {
        "weights": _weights(plan, model),
        "adapter": 0.0 if plan.whole_model else 4.0 * moved + _shared(plan, model),
        "reference model": _reference(plan, model),
        "teacher": _weights(plan, model) if plan.method.method == "distillation" else 0.0,
        "gradients": 4.0 * moved,
        "optimiser states": float(states_bytes(plan.optimisation.optim) * moved),
    }
    shape = shape_of(plan, facts)
    step = {"activations": activations(plan, model, shape), "logits": logits(plan, model, shape)}
    test = {"test: logits": _test_logits(plan, facts), "test: answers and their cache": _answers(plan, facts)}
    largest = max(step, test, key=lambda d: sum(d.values()))
    return {name: size for name, size in (held | largest).items() if size}


def _weights(plan: Plan, model: ModelFacts) -> float:
    """Trained weights in fp32; frozen ones in half on a GPU, or quantised."""
    cuda = plan.compute.device == "cuda"
    width = 2 if cuda and not plan.whole_model else 4
    how = getattr(plan.adapter, "quantization", "none")
    if how == "none":
        autocast = 2.0 * model.params if cuda and plan.whole_model and plan.compute.precision != "fp32" else 0.0
        return float(width * model.params) + autocast
    small = sum(m.inputs * m.outputs * m.count for m in model.linears)
    return BITS[how] * small + width * (model.params - small)


def _shared(plan: Plan, model: ModelFacts) -> float:
    """VeRA's random matrices, made once for the widest sides."""
    if not isinstance(plan.adapter, Vera):
        return 0.0
    near = chosen(model.linears, plan.adapter.target_modules)
    wide = max((m.inputs for m in near), default=0) + max((m.outputs for m in near), default=0)
    return 4.0 * plan.adapter.lora_r * wide


def _reference(plan: Plan, model: ModelFacts) -> float:
    """A second copy where the model itself changes and a KL term holds it; dpo and kto ask theirs beforehand."""
    kept = plan.method.method in ("grpo", "rloo") and getattr(plan.method, "beta", 0) > 0
    return 4.0 * model.params if kept and plan.whole_model else 0.0


def states_bytes(optim: str) -> int:
    """Bytes an optimizer keeps for each number it moves."""
    if "8bit" in optim:
        return 2
    return next((size for name, size in STATES.items() if name in optim), 8)


def activations(plan: Plan, model: ModelFacts, shape: Shape) -> float:
    """What the backward pass needs of every layer, attention matrices not being kept.

    After Korthikanti et al. (arXiv 2205.05198, section 4) without dropout and with flash-like attention: a token and
    layer keep 6 hidden + 2 queries + 2 keys + 4 intermediate numbers (counted with saved-tensor hooks on Llamas;
    2 hidden less where the norms are frozen, and the rank of each adapter). With checkpointing, one hidden a layer
    and one whole layer.
    """
    frozen = 0 if plan.whole_model else 2
    layer = (
        (6 - frozen + _widened(plan, shape)) * model.hidden
        + 2 * model.q_dim
        + 2 * model.kv_dim
        + 4 * model.intermediate
    )
    if isinstance(plan.adapter, Lora):
        kinds = chosen(model.linears, plan.adapter.target_modules)
        layer += plan.adapter.lora_r * sum(m.count for m in kinds) // max(model.layers, 1)
    if plan.compute.attn_implementation == "eager":
        layer += 3 * model.heads * round(shape.tokens / max(plan.schedule.per_device_train_batch_size, 1))
    if plan.compute.gradient_checkpointing:
        return shape.tokens * shape.width * (model.layers * model.hidden + layer)
    return shape.tokens * shape.width * model.layers * layer


def _widened(plan: Plan, shape: Shape) -> float:
    """Hidden numbers a layer more in half precision: the norms compute in fp32.

    Counted with saved-tensor hooks under autocast: over frozen half weights 2.5, over frozen fp32 weights (on a CPU)
    6.5, and 10 where fp32 weights are trained and what runs between the layers is fp32.
    """
    if shape.width == 4:
        return 0.0
    if plan.whole_model:
        return 10.0
    return 2.5 if plan.compute.device == "cuda" else 6.5


def logits(plan: Plan, model: ModelFacts, shape: Shape) -> float:
    """Logits of the counted positions in fp32: themselves, their log-softmax, its gradient, and passing copies.

    Of sft and cpt a chunk at a time (trainer.methods.chunks), in one process.
    """
    if plan.method.method == "reward_modeling":
        return shape.positions * 4.0
    held = shape.positions * model.vocab
    if plan.method.method in ("sft", "cpt"):
        alone = plan.compute.num_processes == 1 and not isinstance(plan.adapter, Virtual | AdaLora)
        return 4.0 * 5 * (min(held, CHUNK + model.vocab) if alone else held)
    if plan.compute.use_liger_kernel:
        return shape.positions * model.hidden * 8.0
    return held * 4.0 * 4


def _test_logits(plan: Plan, facts: Facts) -> float:
    """Losses of the hold-out: logits, the transposed log-softmax and copies between.

    5 in all are taken, from one run whose test held 0.6 GB more than its training; not measured one by one.
    """
    width = longest(plan, facts) * facts.model.vocab
    held = pieces(sides(plan, facts)[2], facts.data, plan.schedule.model_dump())
    rows = max(1, min(32, held, EVALUATION_LOGITS // max(width, 1)))
    return 5.0 * 4.0 * rows * width


def _answers(plan: Plan, facts: Facts) -> float:
    """Keys and values of all rows that are answered at once."""
    model = facts.model
    rows = min(ANSWERS, answered(plan, sides(plan, facts)[2]))
    tokens = longest(plan, facts)
    width = 2 if plan.compute.device == "cuda" else 4
    if plan.online:
        generations = int(getattr(plan.method, "num_generations", 1))
        rows = max(rows, plan.effective_batch_size, generations)
    cache = 2.0 * model.layers * model.kv_dim * width * tokens * rows
    return cache + 2.0 * rows * model.vocab * 4


def memory(plan: Plan, facts: Facts) -> Range:
    """Everything a device must hold at the worst moment."""
    parts = {name: size / 1e9 for name, size in terms(plan, facts).items()}
    base = CONTEXT_GB if plan.compute.device == "cuda" else PROCESS_GB
    whole = sum(parts.values())
    past = facts.machine.past.get("memory:formula")
    factor = min(1.25, max(0.9, past.ratio)) if past and past.runs >= 3 else 1.0
    parts |= {"process": sum(base) / 2, "allocator": (sum(ALLOCATOR) / 2 - 1) * whole}
    return Range(
        low=round(factor * (base[0] + ALLOCATOR[0] * 0.85 * whole), 2),
        high=round(factor * (base[1] + ALLOCATOR[1] * whole), 2),
        unit="GB",
        basis="formula",
        why=_words(parts, plan),
        terms={name: round(factor * size, 3) for name, size in parts.items()},
        correction=factor,
    )


def _words(parts: dict[str, float], plan: Plan) -> str:
    largest = sorted(parts, key=lambda name: -parts[name])[:4]
    said = ", ".join(f"{name} {parts[name]:.2f}" for name in largest)
    where = "on each device" if plan.compute.num_processes > 1 else "at the longest rows"
    return f"{said} GB and less, {where}"
