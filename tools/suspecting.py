"""The rows behind a moment of a run, and the hardest rows of a whole run, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tools.words import number
from trainer.data.content.redaction import FINDERS, Mapping
from trainer.data.content.redaction import redact as redacted
from trainer.data.convert import Example
from trainer.data.spread import spread
from trainer.data.stored import examples_in
from trainer.diagnosis.dealt import Step, read_steps
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.oddities import DOUBTED, neighbours_disagree, oddities
from trainer.diagnosis.suspects import Suspect, of_run, of_steps
from trainer.runs import Run

AT_A_MOMENT = ("bad_batch", "lr_too_high_spike", "divergence", "fp16_overflow_nan", "nan_labels_masked")
"""Findings that rows can be behind of."""
SHOWN, QUOTED = 5, 160
LOOKED_AT = 40
"""Suspects whose neighbours are looked at too."""
COMPARED = 5000
"""Rows that a suspect is compared with, of a larger file."""
CLEAR = 4.0
"""Deviations from which on a row is named as standing out."""


def moment_of(run: Run, found: list[Finding], step: int | None) -> tuple[int, int] | None:
    """First and last step of the logging window that is asked about, or that a finding points at."""
    if step is None:
        step = next((f.onset_step for f in found if f.label in AT_A_MOMENT and f.onset_step), None)
    if step is None:
        return None
    logged = sorted({int(row["step"]) for row in run.history() if "loss" in row})
    last = next((n for n in logged if n >= step), step)
    before = [n for n in logged if n < last]
    return (min(step, before[-1] + 1) if before else 1, last)


def suspects_at(
    run: Run, steps: list[Step], window: tuple[int, int], most: int = SHOWN
) -> tuple[list[Suspect], list[Example]]:
    """The rows of these steps that stand out, and all rows of the run."""
    rows = examples_in(run.folder / "data" / "train.jsonl")
    there = {n for s in steps if window[0] <= s.step <= window[1] for n in s.rows}
    return _weighed(of_steps(steps, *window, oddities(_beside(rows, there)), LOOKED_AT), rows)[:most], rows


def hardest(run: Run, most: int = SHOWN) -> tuple[list[Suspect], list[Example]]:
    """The rows that surprised most over the whole run."""
    rows, steps = examples_in(run.folder / "data" / "train.jsonl"), read_steps(run.folder)
    surprising = {s.row for s in of_run(steps, {}, LOOKED_AT)}
    found = _weighed(of_run(steps, oddities(_beside(rows, surprising)), LOOKED_AT), rows)
    return found[:most], rows


def _beside(rows: list[Example], wanted: set[int]) -> list[Example]:
    """The wanted rows and enough others to tell what is usual; telling a language takes a millisecond a row."""
    if len(rows) <= COMPARED:
        return rows
    return [row for row in rows if row.row in wanted] + [r for r in spread(rows, COMPARED) if r.row not in wanted]


def _weighed(found: list[Suspect], rows: list[Example]) -> list[Suspect]:
    """Suspects again, after a look at what rows with a like question are answered; too slow for all rows."""
    by_number = {row.row: row for row in rows}
    out = []
    for one in found:
        words = neighbours_disagree(by_number[one.row], rows) if one.row in by_number else ""
        out.append(replace(one, score=one.score + DOUBTED, odd=(*one.odd, words)) if words else one)
    return sorted(out, key=lambda one: -one.score)


def moment_words(run: Run, window: tuple[int, int], redact: bool = False) -> tuple[str, list[dict[str, Any]]]:
    """Sentences and cards of the rows behind a moment; '' where the run recorded none."""
    steps = read_steps(run.folder)
    there = [s for s in steps if window[0] <= s.step <= window[1]]
    if not there:
        return "", []
    found, rows = suspects_at(run, steps, window)
    cards = [card(s, rows, redact) for s in found]
    return " ".join([_made_of(there, window), _standing_out(found, cards)]), cards


def hardest_words(run: Run, redact: bool = False) -> tuple[str, list[dict[str, Any]]]:
    """Sentences and cards of a run's most surprising rows."""
    found, rows = hardest(run)
    cards = [card(s, rows, redact) for s in found]
    if not found:
        return f"No row of {run.id} stands out: it recorded none, or no losses row by row, and none is odd.", []
    lines = [f"{i}. {_line(c)}" for i, c in enumerate(cards, 1)]
    head = "The rows that stayed most surprising in this run; look at them before you trust them:"
    return "\n".join([head, *lines]), cards


def card(suspect: Suspect, rows: list[Example], redact: bool = False) -> dict[str, Any]:
    """A suspect with its text, for programs and the page; personal data and keys replaced where that is wanted."""
    row = next((r for r in rows if r.row == suspect.row), None)
    return {
        "row": suspect.row,
        "step": suspect.step,
        "loss": suspect.loss,
        "usual": suspect.usual,
        "score": round(suspect.score, 2),
        "odd": list(suspect.odd),
        "text": "" if row is None else _quote(row, redact),
    }


def _quote(row: Example, redact: bool) -> str:
    text = " → ".join([content for _, content in row.messages] or [row.text])
    text = " ".join(text.split())
    text = redacted(text, tuple(FINDERS), Mapping()) if redact else text
    return text if len(text) <= QUOTED else text[:QUOTED] + "…"


def _made_of(steps: list[Step], window: tuple[int, int]) -> str:
    rows = sum(len(s.rows) for s in steps)
    named = f"Step {window[1]}" if window[0] == window[1] else f"Steps {window[0]} to {window[1]}"
    verb = "was" if window[0] == window[1] else "were"
    return f"{named} {verb} made of {rows} rows."


def _standing_out(found: list[Suspect], cards: list[dict[str, Any]]) -> str:
    clear = [c for s, c in zip(found, cards, strict=True) if s.score >= CLEAR]
    if not clear:
        return "None of them stands out, so the cause is more likely the settings than a row."
    return "\n".join(["What stands out:", *(f"{i}. {_line(c)}" for i, c in enumerate(clear, 1))])


def _line(one: dict[str, Any]) -> str:
    parts = []
    if one["loss"] is not None:
        parts.append(f"loss {number(one['loss'])} at step {one['step']}, where {number(one['usual'])} was usual")
    parts += one["odd"]
    return f"Row {one['row']:,}: {'; '.join(parts)}. “{one['text']}”"
