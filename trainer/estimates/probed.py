"""Estimates from a probe: a few real steps of this very plan, measured on this machine."""

from __future__ import annotations

import math

from pydantic import Field

from trainer.estimates import counts
from trainer.estimates.memory import ANSWERS
from trainer.estimates.ranges import Range
from trainer.facts import Fact, Facts
from trainer.plan import Plan

MARGIN_LOW, MARGIN_HIGH = 0.97, 1.06
"""Memory: long runs hold a little more than a few steps do (the allocator's gaps), rarely less."""
TIME_MARGIN = 0.05
"""Time: half the width of the range at the least; measured noise widens it."""


class Steps(Fact):
    """Training steps of one shape, seconds and tokens on average."""

    tokens: float
    """Of one batch as it is computed, padding included; 0 where it can't be told."""
    seconds: float
    """Of a whole optimizer step, batches fetched and logs written."""
    batch_seconds: float
    """Of one batch's forward and backward pass."""
    spread: float = 0.0
    """Half the distance between the fastest and the slowest step, over the mean."""


class Probe(Fact):
    """What a few real steps have measured."""

    machine: str
    model: str
    shape: str
    """Digest of what decides the figures: method, adapter, batch, lengths, precision, compute."""
    at: float
    """Seconds since 1970."""
    threads: int
    startup_seconds: float
    """From the process's start to the first step, all rows encoded."""
    warm_up_seconds: float
    """What the first step takes beyond a later one."""
    typical: Steps
    longest: Steps
    accumulation: int
    """Batches a measured step had."""
    eval_seconds_per_row: float
    save_seconds: float
    checkpoint_bytes: int
    finish_seconds: float
    """Loading the best checkpoint, saving the final model."""
    load_seconds: float
    """One model for the test on the hold-out."""
    test_seconds_per_row: float
    call_seconds: float = 0.0
    """One decoding step of a batch of answers."""
    calls: float = 0.0
    """Decoding steps until the untuned model had ended all answers of a batch."""
    answered: int = 0
    """Rows of that batch."""
    process_gb: float
    train_gb: float
    """Peak in training at the longest rows, evaluation and save included."""
    peak_gb: float
    """Peak over everything, the test included."""
    seconds: float
    """What the probe took."""
    notes: tuple[str, ...] = Field(default=())
    """What could not be measured."""


def probed_time(plan: Plan, facts: Facts, probe: Probe) -> Range:
    """Start-up, steps x (a + b x tokens), evaluations, saves, the test on the hold-out."""
    likely, long = seconds(plan, facts, probe), seconds(plan, facts, probe, long_answers=True)
    training = likely["training"] / max(sum(likely.values()), 1e-9)
    half = TIME_MARGIN + training * min(0.5, probe.typical.spread / math.sqrt(3))
    shortest = sum(seconds(plan, facts, probe, long_answers=False).values())
    return Range(
        low=round((1 - half) * shortest / 60, 2),
        high=round((1 + half) * sum(long.values()) / 60, 2),
        unit="minutes",
        basis="probe",
        why=f"{probe.seconds:.0f} s of real steps here: {probe.typical.seconds:.2g} s a step "
        f"({probe.longest.seconds:.2g} s at the longest rows), start-up {probe.startup_seconds:.0f} s",
        terms={name: round(value / 60, 3) for name, value in likely.items()},
    )


def step_seconds(plan: Plan, probe: Probe, tokens: float) -> float:
    """Seconds of an optimizer step whose batches have so many tokens: a + b x tokens through both measured shapes."""
    more = plan.schedule.gradient_accumulation_steps - probe.accumulation
    typical = probe.typical.seconds + more * probe.typical.batch_seconds
    if not tokens or probe.longest.tokens <= 1.05 * probe.typical.tokens:
        return typical
    longest = probe.longest.seconds + more * probe.longest.batch_seconds
    slope = max(0.0, longest - typical) / (probe.longest.tokens - probe.typical.tokens)
    return max(0.2 * typical, typical + slope * (tokens - probe.typical.tokens))


def seconds(plan: Plan, facts: Facts, probe: Probe, long_answers: bool | None = None) -> dict[str, float]:
    """Seconds by name. `long_answers`: the tuned model writes on as the untuned one did, or stops where answers in
    the data do; None: between."""
    steps = counts.steps_of(plan, facts)
    _, val, held = counts.sides(plan, facts)
    schedule = plan.schedule.model_dump()
    val, held = (
        counts.watched(plan, counts.pieces(val, facts.data, schedule)),
        counts.pieces(held, facts.data, schedule),
    )
    looks = counts.looks(plan, facts)
    return {
        "start-up": probe.startup_seconds,
        "training": probe.warm_up_seconds + steps * step_seconds(plan, probe, probe.typical.tokens),
        "evaluations": looks * val * probe.eval_seconds_per_row,
        "saves": looks * probe.save_seconds + probe.finish_seconds,
        "test on the hold-out": 2 * (probe.load_seconds + held * probe.test_seconds_per_row)
        + _answers(plan, facts, probe, held, long_answers),
    }


def _answers(plan: Plan, facts: Facts, probe: Probe, held: int, long_answers: bool | None) -> float:
    """Answers of both models to the hold-out, by calls: the untuned one as measured, the tuned one as its data."""
    rows = counts.answered(plan, held)
    batches = -(-rows // ANSWERS)
    lengths = facts.data.lengths
    most = plan.evaluation.max_new_tokens
    taught = min(most, lengths.answer_max if lengths and rows > 40 else lengths.answer_p95 if lengths else most)
    ends = sorted((float(taught), probe.calls))
    tuned = 0.0 if counts.writers(plan) == 1 else {True: ends[1], False: ends[0], None: sum(ends) / 2}[long_answers]
    full = min(ANSWERS, max(1, -(-rows // max(batches, 1))))
    share = full / probe.answered if probe.answered else 1.0
    call = probe.call_seconds * (0.6 + 0.4 * share)
    return batches * (probe.calls + tuned) * call


def probed_memory(plan: Plan, facts: Facts, probe: Probe) -> Range:
    """The measured peak at the longest rows, a little more for a long run."""
    past = facts.machine.past.get("memory:probe")
    factor = min(1.1, max(1.0, past.ratio)) if past and past.runs >= 3 else 1.0
    parts = {
        "process": probe.process_gb,
        "training": max(0.0, probe.train_gb - probe.process_gb),
        "test on the hold-out, beyond training": max(0.0, probe.peak_gb - probe.train_gb),
    }
    return Range(
        low=round(factor * MARGIN_LOW * probe.peak_gb, 2),
        high=round(factor * MARGIN_HIGH * probe.peak_gb + 0.01, 2),
        unit="GB",
        basis="probe",
        why="measured peak of a few real steps at the longest rows, with an evaluation, a save and some answers",
        terms={name: round(factor * size, 3) for name, size in parts.items()},
        correction=factor,
    )
