"""Which rows a probe trains on: the heaviest batch that a run would meet, and ordinary ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from trainer.data.convert import Example
from trainer.estimates.counts import generations
from trainer.plan import Plan

DRAWS = 400
"""Batches that are drawn by lot to find the heaviest, at the most."""
CHARS_A_TOKEN = 10
"""So many characters a token at the most, when text has to fill windows."""


@dataclass(frozen=True)
class Sample:
    """Rows in the order of the probe's steps."""

    rows: list[Example]
    heaviest: list[Example]
    """The longest rows of all."""


def size(example: Example) -> int:
    """Characters of everything that becomes tokens."""
    return sum(len(content) for _, content in example.messages) + len(example.text) + len(example.rejected)


def drawn(rows: list[Example], plan: Plan, total_steps: int, steps: tuple[int, int, int]) -> Sample:
    """Rows for `steps`: (warm-up, heaviest, ordinary) of a short plan."""
    warm, long, usual = steps
    longest = sorted(rows, key=size, reverse=True)
    if plan.data.format == "text":
        return Sample(_windows(rows, plan, sum(steps)), longest[:64])
    batch = plan.schedule.per_device_train_batch_size
    a_step = max(1, batch * plan.schedule.gradient_accumulation_steps // generations(plan))
    lot = random.Random(plan.schedule.seed)
    even = _even(longest, (warm + usual) * a_step, lot)
    heavy = _heaviest(rows, plan, min(DRAWS, total_steps * plan.schedule.gradient_accumulation_steps), lot)
    repeated = [heavy[i % len(heavy)] for i in range(long * a_step)]
    return Sample(even[: warm * a_step] + repeated + even[warm * a_step :], longest[:64])


def _even(longest: list[Example], wanted: int, lot: random.Random) -> list[Example]:
    """Rows at even distances of the order by length, shuffled: their mean length is that of all rows."""
    step = len(longest) / wanted
    chosen = [longest[min(len(longest) - 1, int((i + 0.5) * step))] for i in range(wanted)]
    lot.shuffle(chosen)
    return chosen


def _heaviest(rows: list[Example], plan: Plan, draws: int, lot: random.Random) -> list[Example]:
    """The largest of so many batches drawn by lot; of rows sorted by length, the longest ones."""
    batch = min(len(rows), max(1, plan.schedule.per_device_train_batch_size // generations(plan)))
    if plan.schedule.train_sampling_strategy == "group_by_length":
        return sorted(rows, key=size, reverse=True)[:batch]
    drawn_lots = [lot.sample(rows, batch) for _ in range(max(1, draws))]
    return max(drawn_lots, key=lambda b: _weight(b, plan.compute.padding_free))


def _weight(batch: Sequence[Example], padding_free: bool) -> int:
    sizes = [size(e) for e in batch]
    return sum(sizes) if padding_free else max(sizes) * len(sizes)


def _windows(rows: list[Example], plan: Plan, steps: int) -> list[Example]:
    """Enough text in a row to fill the windows of all steps, read again from the top where it is too short."""
    wanted = steps * plan.schedule.per_device_train_batch_size * plan.schedule.gradient_accumulation_steps
    chars, chosen = wanted * plan.schedule.max_length * CHARS_A_TOKEN, []
    while chars > 0 and rows:
        for example in rows:
            chosen.append(example)
            chars -= len(example.text) + 1
            if chars <= 0:
                break
    return chosen
