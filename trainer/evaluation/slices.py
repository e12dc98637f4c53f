"""The result in parts: by language, length, label, or a column of the data. Where is it weaker than elsewhere?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainer.data.convert import Example, as_text
from trainer.data.doctor.languages import language_of
from trainer.data.profile import rows_only
from trainer.data.sources import fingerprint
from trainer.evaluation.baselines import asked
from trainer.evaluation.paired import paired
from trainer.metrics import Scores, mean_interval
from trainer.plan import Plan
from trainer.proposal import ROLE_FIELDS

LEAST = 10
"""Rows under which a part says nothing."""
MOST_PARTS = 12
"""Parts of a kind that are told: the largest."""


Groups = Mapping[str, Mapping[int, str]]
"""Column -> row -> what stands there, such as the customer's group."""


def groups_in(plan: Plan) -> Groups:
    """Columns of the plan's data that sort its rows into few groups and are not trained on; {} where it has changed."""
    path = Path(plan.data.dataset_path)
    if not path.is_file() or fingerprint(path) != plan.data.fingerprint:
        return {}
    found = rows_only(path, {r: c for r, c in plan.data.roles.items() if r in ROLE_FIELDS})
    trained = set(found.shape.roles.values())
    few = [c.name for c in found.profile.columns if c.name not in trained and 2 <= c.distinct <= MOST_PARTS]
    rows = [row for chunk in found.source.chunks() for row in chunk.rows] if few else []
    return {name: {number: as_text(row.get(name)) for number, row in enumerate(rows, 1)} for name in few}


def slices(
    rows: Sequence[Example], tuned: Scores, other: Scores, labels: bool, groups: Groups | None = None
) -> list[dict[str, Any]]:
    """Parts of the rows with the tuned model's figure and its gap to the other, the weakest first.

    `weak`: its mean lies below that of all other rows by more than chance explains (99 %, for there are many
    parts).
    """
    found = []
    for by, part_of in (_ways(rows, labels) | _grouped(groups or {})).items():
        parts: defaultdict[str, list[int]] = defaultdict(list)
        for i, row in enumerate(rows):
            parts[part_of(row)].append(i)
        large = sorted(((n, at) for n, at in parts.items() if n and len(at) >= LEAST), key=lambda p: -len(p[1]))
        if len(large) > 1:
            found += [_part(by, name, at, tuned, other) for name, at in large[:MOST_PARTS]]
    return sorted(found, key=lambda part: part["tuned"]["value"])


def _ways(rows: Sequence[Example], labels: bool) -> dict[str, Callable[[Example], str]]:
    sizes = np.array([len(_asked(row)) for row in rows] or [0])
    short, long = np.quantile(sizes, [1 / 3, 2 / 3])

    def length(row: Example) -> str:
        size = len(_asked(row))
        return "short" if size <= short else "long" if size > long else "middle"

    ways: dict[str, Callable[[Example], str]] = {"length": length, "language": lambda row: language_of(_asked(row))}
    return ways | ({"label": lambda row: row.answer.strip()} if labels else {})


def _grouped(groups: Groups) -> dict[str, Callable[[Example], str]]:
    return {name: lambda row, known=known: known.get(row.row, "") for name, known in groups.items()}  # type: ignore[misc]


def _asked(row: Example) -> str:
    return asked(row) or row.text


def _part(by: str, name: str, at: list[int], tuned: Scores, other: Scores) -> dict[str, Any]:
    rest = np.delete(tuned, at)
    return {
        "by": by,
        "part": name,
        "rows": len(at),
        "tuned": mean_interval(tuned[at]).model_dump(),
        "gap": paired(tuned[at], other[at]).gap.model_dump(),
        "weak": len(rest) >= LEAST and _below(tuned[at], rest),
    }


def _below(part: Scores, rest: Scores) -> bool:
    error = float(np.sqrt(part.var(ddof=1) / len(part) + rest.var(ddof=1) / len(rest)))
    return bool(part.mean() + 2.58 * error < rest.mean()) if error else bool(part.mean() < rest.mean())
