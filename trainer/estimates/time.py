"""Time by a formula: operations over measured (or tabled) speed, with all that is not training."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.estimates import counts, gpus
from trainer.estimates.disk import checkpoint_bytes
from trainer.estimates.memory import ANSWERS
from trainer.estimates.ranges import Range, unknown
from trainer.estimates.trainable import trainable
from trainer.facts import Facts
from trainer.plan import Plan

STARTUP_SECONDS = (8.0, 22.0)
"""Importing torch, transformers and TRL, reading the model; measured on 2 cores."""
TRAINER_SHARE = (0.50, 0.85)
"""TRL's step reaches this share of the bare loop's speed (its metrics, optimizer, logging)."""
DECODE_SECONDS = (0.0012, 0.003)
"""One new token of one batch, a layer, for a model so small that calls cost more than sums; on a CPU."""
GPU_CALL_SECONDS = (0.0004, 0.0012)
"""The same on a GPU, where launching kernels costs most: a guess, not measured here."""
MFU = (0.10, 0.42)
"""Share of a GPU's dense peak that training reaches. High end: 41 % for LoRA on 8B, packed, one H100 (NeMo
AutoModel's published figure); low end: a guess for padded rows and small batches, not measured here."""
SMALL_MFU = (0.03, 0.30)
"""The same below a billion parameters, whose kernels are too short to fill the chip: a guess, not measured here."""
STEP_SECONDS = (0.01, 0.04)
"""A step's own cost beside the sums: batch, optimizer, callbacks."""
WRITE_GBS = (1.0, 0.15)
"""Writing a checkpoint with its checksum, fast and slow disks."""
SAVE_SECONDS = (0.1, 0.6)
"""A save's own cost beside its bytes."""


@dataclass(frozen=True)
class Speed:
    """How fast a device is thought to be, at one end of the range."""

    gflops: float
    call: float
    """Seconds of one decoding call and layer, beside its sums."""
    startup: float
    step: float
    write_gbs: float
    save: float


def speeds(plan: Plan, facts: Facts) -> tuple[Speed, Speed, str] | None:
    """Fast, slow, and where the figures come from; None when nothing is known about the device."""
    if plan.compute.device == "cpu":
        rate = facts.machine.rate(plan.compute.precision, plan.compute.threads)
        if rate is None:
            return None
        pair = (rate * TRAINER_SHARE[1], rate * TRAINER_SHARE[0])
        return *_pair(pair, DECODE_SECONDS, facts), "this machine's measured speed"
    if plan.compute.device == "cuda":
        return _on_gpu(plan, facts)
    return None


def _on_gpu(plan: Plan, facts: Facts) -> tuple[Speed, Speed, str] | None:
    rows, which = gpus.meant(plan, facts.machine)
    peaks = [p for row in rows if (p := gpus.teraflops(row, plan.compute.precision))]
    if not peaks:
        return None
    share = MFU if facts.model.params >= 1e9 else SMALL_MFU
    pair = (max(peaks) * 1e3 * share[1], min(peaks) * 1e3 * share[0])
    why = f"{share[0]:.0%} to {share[1]:.0%} of the peak of {which}; a short probe on it would tell better"
    return *_pair(pair, GPU_CALL_SECONDS, facts), why


def _pair(gflops: tuple[float, float], call: tuple[float, float], facts: Facts) -> tuple[Speed, Speed]:
    known = facts.machine.startup_seconds
    starts = STARTUP_SECONDS if known is None else (0.9 * known + 1.0, 1.5 * known + 4.0)
    ends = zip(gflops, call, starts, STEP_SECONDS, WRITE_GBS, SAVE_SECONDS, strict=True)
    fast, slow = (Speed(*end) for end in ends)
    return fast, slow


def forward(plan: Plan, facts: Facts, trained: float = 1.0) -> float:
    """GFLOP of one token's forward pass: 2 a weight (Kaplan et al. 2020), attention, the head where it is needed."""
    model = facts.model
    inner = sum(m.inputs * m.outputs * m.count for m in model.linears)
    inner = inner or max(model.params - model.vocab * model.hidden, model.params // 3)
    return (2 * inner + 2 * model.vocab * model.hidden * trained + _attention(plan, facts)) / 1e9


def _attention(plan: Plan, facts: Facts) -> float:
    """FLOP of a token in causal attention: 2 x length x width x layers.

    A CPU's attention kernel keeps up with matrix products at head size 64 and is slower in proportion below
    (measured at head size 8).
    """
    model = facts.model
    head = model.q_dim / max(model.heads, 1)
    slower = max(1.0, 64 / head) if plan.compute.device == "cpu" else 1.0
    return 2 * counts.mean_tokens(plan, facts) * model.q_dim * model.layers * slower


def token_work(plan: Plan, facts: Facts) -> float:
    """GFLOP that a trained token costs: forward, backward to activations and to weights, the method's further passes.

    3 forward passes where all weights move; 2.3 with frozen ones (no weight gradients, the adapter's own sums);
    one more when layers are computed again.
    """
    share = counts.trained_share(plan, facts)
    passes = 3.0 if plan.adapter.tuning == "full" else 2.3
    passes += 1.0 if plan.compute.gradient_checkpointing else 0.0
    method = plan.method.method
    if method in ("grpo", "rloo"):
        passes += 1.0 if getattr(plan.method, "beta", 0) > 0 else 0.0
    if method == "distillation":
        passes += 1.0
    if method == "kto" and getattr(plan.method, "loss_type", "") == "kto":
        passes += 1.0
    return passes * forward(plan, facts, share)


def writing(plan: Plan, facts: Facts, speed: Speed, rows: float, calls: float) -> float:
    """Seconds of `calls` decoding steps for so many rows at once."""
    sums = rows * forward(plan, facts) / speed.gflops
    return calls * (facts.model.layers * speed.call + sums)


def parts(plan: Plan, facts: Facts, speed: Speed) -> dict[str, float]:
    """Seconds by name, at one speed."""
    steps = counts.steps_of(plan, facts)
    _, val, held = counts.sides(plan, facts)
    schedule, looks = plan.schedule.model_dump(), counts.looks(plan, facts)
    tokens = counts.mean_tokens(plan, facts) * counts.sequences(plan)
    val, held = (
        counts.watched(plan, counts.pieces(val, facts.data, schedule)),
        counts.pieces(held, facts.data, schedule),
    )
    look = forward(plan, facts, counts.trained_share(plan, facts)) * tokens / speed.gflops
    test = 2 * held * forward(plan, facts) * tokens / speed.gflops
    answers = counts.answered(plan, held)
    calls = -(-answers // ANSWERS) * plan.evaluation.max_new_tokens
    save = speed.save + checkpoint_bytes(plan, facts) / 1e9 / speed.write_gbs
    return {
        "start-up": speed.startup + _beforehand(plan, facts, speed),
        "training": steps * step_seconds(plan, facts, speed),
        "evaluations": looks * (val * look + _watching(plan, facts, speed, val)),
        "saves": (looks + 1) * save,
        "test on the hold-out": test + counts.writers(plan) * writing(plan, facts, speed, min(answers, ANSWERS), calls),
    }


def _beforehand(plan: Plan, facts: Facts, speed: Speed) -> float:
    """The reference's probabilities of all rows, once before the first step (dpo, kto)."""
    if plan.method.method not in ("dpo", "kto"):
        return 0.0
    train, val, _ = counts.sides(plan, facts)
    tokens = counts.mean_tokens(plan, facts) * counts.sequences(plan)
    return (train + val) * tokens * forward(plan, facts) / speed.gflops


def _watching(plan: Plan, facts: Facts, speed: Speed, rows: int) -> float:
    """Answers to the validation prompts, where a method writes answers."""
    if not plan.online:
        return 0.0
    batch = plan.schedule.per_device_train_batch_size
    calls = -(-rows // batch) * int(getattr(plan.method, "max_completion_length", 64))
    return writing(plan, facts, speed, min(rows, batch), calls)


def step_seconds(plan: Plan, facts: Facts, speed: Speed) -> float:
    """One optimizer step on one device."""
    rows = plan.effective_batch_size / plan.compute.num_processes
    tokens = rows * counts.sequences(plan) * counts.mean_tokens(plan, facts)
    moved = 16.0 * trainable(plan, facts.model) / 1e9 / (500 if plan.compute.device == "cuda" else 5)
    seconds = token_work(plan, facts) * tokens / speed.gflops + moved
    if plan.online:
        calls = int(getattr(plan.method, "max_completion_length", 64))
        seconds += writing(plan, facts, speed, rows, calls)
    return seconds + speed.step * plan.schedule.gradient_accumulation_steps


def time(plan: Plan, facts: Facts) -> Range:
    """Minutes from the start of the worker to its end."""
    known = speeds(plan, facts)
    if known is None:
        return unknown("minutes", "nothing was measured on this device yet; a short probe would tell")
    fast, slow, source = known
    factor = correction(facts)
    low, high = parts(plan, facts, fast), parts(plan, facts, slow)
    middle = {name: factor * (low[name] + high[name]) / 120 for name in low}
    return Range(
        low=round(factor * sum(low.values()) / 60, 2),
        high=round(factor * sum(high.values()) / 60, 2),
        unit="minutes",
        basis="formula",
        why=f"FLOPs of model and tokens over {source}, with start-up and tests",
        terms={name: round(value, 3) for name, value in middle.items()},
        correction=factor,
    )


def correction(facts: Facts) -> float:
    """What finished runs have taught about the formula on this machine, within a factor of 2."""
    past = facts.machine.past.get("time:formula")
    return min(2.0, max(0.5, past.ratio)) if past and past.runs >= 3 else 1.0


def epochs_within(plan: Plan, facts: Facts, seconds: float) -> float | None:
    """The most epochs whose slow estimate ends in time; None when the speed is unknown."""
    known = speeds(plan, facts)
    if known is None:
        return None
    found = parts(plan, facts, known[1])
    training = found.pop("training") / max(counts.epochs(plan, facts), 1e-9)
    left = seconds / correction(facts) - sum(found.values())
    return max(0.0, int(left / training * 20) / 20)
