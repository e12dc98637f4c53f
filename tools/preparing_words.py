"""A preparation in words: what is done, how many rows before and after, what stays."""

from __future__ import annotations

from pathlib import Path

from trainer.data.doctor.words import counted
from trainer.data.repair.items import StepCount
from trainer.data.repair.write import Written
from trainer.preparing import Preparation


def preparation_words(preparation: Preparation) -> list[str]:
    """The preparation as it is shown before anything is written."""
    outcome, name = preparation.outcome, Path(preparation.dataset_path).name
    lines = [f"I would write a new file from {name}: {outcome.rows_in:,} rows in, {outcome.rows_out:,} out."]
    lines += [f"{n}. {step_words(step)}" for n, step in enumerate(outcome.steps, start=1)]
    if outcome.unreadable:
        lines.append(f"{outcome.unreadable:,} lines could not be read; they are in no file.")
    if preparation.offered:
        lines.append("Left to you: " + "; ".join(preparation.offered[:3]))
    lines.append(
        f"{name} itself is not touched; the new file is {Path(preparation.output).name}, with a record of every step."
    )
    return [*lines, f"Approve (preparation {preparation.hash[:8]}), change it ('keep the duplicates'), or decline."]


def step_words(step: StepCount) -> str:
    """'mask e-mail addresses: 34 cells changed'."""
    facts = []
    if step.set_aside and f"{step.set_aside:,}" not in step.sentence:
        facts.append(f"{step.set_aside:,} row{'s' * (step.set_aside != 1)} left out")
    if step.joined:
        facts.append(f"{step.rows_in:,} rows become {step.rows_out:,}")
    if step.added:
        facts.append(f"{step.added:,} rows more")
    if step.changed:
        facts.append(f"{step.changed:,} cell{'s' * (step.changed != 1)} changed")
    note = f" ({step.note})" if step.note else ""
    nothing = "" if step.set_aside or step.op in ("shuffle", "map_columns", "convert") else "nothing to do"
    told = ", ".join(facts) or nothing
    return f"{step.sentence[0].upper()}{step.sentence[1:]}{': ' * bool(told)}{told}{note}."


def done_words(written: Written) -> list[str]:
    """What was written, and the proof that the rest is as it was."""
    outcome = written.outcome
    return [
        f"Written: {written.path} ({outcome.rows_out:,} of {outcome.rows_in:,} rows).",
        f"{counted(outcome.changed, 'cell')} changed by the steps; all others are as they were read (checked by hash). "
        f"The record is {written.provenance.name}, the recipe for the next file {written.recipe.name}.",
    ]
