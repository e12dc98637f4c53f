"""The honest table: the tuned model beside everything else that answers the same sealed rows in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from trainer.data.convert import Example
from trainer.evaluation import likeness, programs
from trainer.evaluation.dealt import dealt
from trainer.evaluation.kinds import Kind
from trainer.evaluation.paired import Paired, paired
from trainer.evaluation.scores import BY_TESTS, RIGHT_OR_WRONG, SHARES, figure, label, scored
from trainer.evaluation.slices import Groups, slices
from trainer.metrics import Interval, Scores, mean_interval, proportion

Name = Literal["zero_shot", "few_shot", "instructed", "tuned", "classifier", "nearest", "constant"]
PROMPTED: tuple[Name, ...] = ("zero_shot", "few_shot", "instructed")
"""The untrained model, asked in three ways."""
BY_MEANING = ("text", "short")
"""Kinds of answers whose likeness of meaning is told, where there is a model for it."""
SHOWN = 5
"""Best and worst rows that are told."""
CONFUSED = 5
"""Pairs of labels taken for one another that are told."""


class Line(BaseModel):
    """One contestant: its figure, and how far the tuned model is ahead of it on the same rows."""

    model_config = ConfigDict(frozen=True)

    name: Name
    figure: Interval
    against: Paired | None = None
    """Tuned minus this one; None for the tuned model itself."""
    also: dict[str, Interval] = {}
    dealt: Paired | None = None
    """Of the tuned model: what it scores beyond its own answers dealt out to other rows."""


class Table(BaseModel):
    """All contestants on the same rows."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    rows: int
    lines: tuple[Line, ...]
    clean: tuple[Line, ...] = ()
    """The same without the rows that training gave away; empty where there are none."""
    embedder: str = ""
    """The model that judged likeness of meaning, where one did."""
    leaked: dict[int, int] = {}
    """Sealed row -> the training row that says nearly the same."""

    def line(self, name: Name, clean: bool = False) -> Line | None:
        """One contestant, where it took part."""
        return next((line for line in (self.clean if clean else self.lines) if line.name == name), None)


def table(
    kind: Kind, rows: Sequence[Example], answers: Mapping[Name, Sequence[str]], leaked: Mapping[int, int]
) -> Table:
    """Score every contestant's answers to these rows; `leaked`: positions among them -> training row."""
    clean = [i for i in range(len(rows)) if i not in leaked]
    part = {n: [said[i] for i in clean] for n, said in answers.items()}
    apart = 0 < len(clean) < len(rows)
    return Table(
        kind=kind,
        rows=len(rows),
        lines=_lines(kind, rows, answers),
        clean=_lines(kind, [rows[i] for i in clean], part) if apart else (),
        embedder=Path(folder).name if (folder := likeness.embedder()) and kind.name in BY_MEANING else "",
        leaked={rows[i].row: number for i, number in leaked.items()},
    )


def references(metric: str, rows: Sequence[Example]) -> list[str]:
    """What a figure sets the answers beside: the rows' own answers, or their tests."""
    return [programs.tests(row) if metric in BY_TESTS else row.answer for row in rows]


def _also(kind: Kind) -> tuple[str, ...]:
    return (*kind.also, "similarity") if kind.name in BY_MEANING and likeness.embedder() else kind.also


def _lines(kind: Kind, rows: Sequence[Example], answers: Mapping[Name, Sequence[str]]) -> tuple[Line, ...]:
    right = references(kind.metric, rows)
    scores = {name: scored(kind.metric, said, right) for name, said in answers.items()}
    return tuple(
        Line(
            name=name,
            figure=_interval(kind.metric, scores[name]),
            against=None if name == "tuned" else paired(scores["tuned"], scores[name]),
            dealt=paired(scores[name], dealt(kind.metric, said, right)) if name == "tuned" else None,
            also={also: figure(also, said, references(also, rows)) for also in _also(kind)},
        )
        for name, said in answers.items()
    )


def _interval(metric: str, scores: Scores) -> Interval:
    return proportion(scores) if metric in RIGHT_OR_WRONG else mean_interval(scores)


def details(
    kind: Kind, rows: Sequence[Example], tuned: Sequence[str], other: Sequence[str], groups: Groups | None = None
) -> dict[str, Any]:
    """Beside the table: parts of the rows, the best and the worst ones, labels that were taken for one another."""
    ours, theirs = (scored(kind.metric, said, references(kind.metric, rows)) for said in (tuned, other))
    order = np.argsort(ours - theirs, kind="stable")
    labels, full = kind.name == "labels", 1.0 if kind.metric in SHARES else 100.0
    return {
        "slices": slices(rows, ours, theirs, labels, groups),
        "worst": [_shown(rows[i], tuned[i], other[i], ours[i], theirs[i]) for i in order if ours[i] < full][:SHOWN],
        "best": [_shown(rows[i], tuned[i], other[i], ours[i], theirs[i]) for i in order[::-1][:SHOWN]],
        "confused": confused(tuned, [row.answer for row in rows]) if labels else [],
    }


def _shown(row: Example, tuned: str, other: str, ours: float, theirs: float) -> dict[str, Any]:
    return {
        "row": row.row,
        "prompt": row.prompt,
        "reference": row.answer,
        "tuned": tuned,
        "other": other,
        "scores": [round(float(ours), 4), round(float(theirs), 4)],
    }


def confused(answers: Sequence[str], references: Sequence[str]) -> list[dict[str, Any]]:
    """The commonest mistakes: this label was right, that one was said, how often; the largest cells of the matrix."""
    known = {label(r): r.strip() for r in references}
    counts: dict[tuple[str, str], int] = {}
    for said, right in zip(answers, references, strict=True):
        if label(said) != label(right):
            pair = (right.strip(), known.get(label(said), "no label"))
            counts[pair] = counts.get(pair, 0) + 1
    top = sorted(counts.items(), key=lambda item: -item[1])[:CONFUSED]
    return [{"right": right, "said": said, "times": times} for (right, said), times in top]
