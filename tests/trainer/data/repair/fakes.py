"""A source in memory and findings made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainer.data.doctor.diagnosis import Diagnosis, Found
from trainer.data.formats import Shape
from trainer.data.sources.source import Chunk, ReadProblem

PAIRS = Shape("prompt_completion", {"prompt": "prompt", "completion": "completion"})


class Rows:
    """Rows of a list, three a chunk."""

    kind, encoding = "jsonl", "utf-8"

    def __init__(self, rows: list[dict[str, Any]], problems: int = 0, path: Path = Path("rows.jsonl")) -> None:
        self.rows, self.problems, self.path = rows, problems, path
        self.size = len(rows)
        self.notes: dict[str, Any] = {}

    def chunks(self, rows: int = 3) -> Iterator[Chunk]:
        bad = [ReadProblem(n + 1, "is not JSON") for n in range(self.problems)]
        for start in range(0, len(self.rows), 3):
            yield Chunk(start + 1, self.rows[start : start + 3], bad if start == 0 else [], start)


def diagnosed(rows: dict[str, list[int]] | None = None, **groups: list[list[int]]) -> Diagnosis:
    """A diagnosis from rule -> rows, and rule -> groups of repeats."""
    by_rule = dict(rows or {}) | {rule: [n for g in gs for n in g[1:]] for rule, gs in groups.items()}
    return Diagnosis({rule: Found(rule, len(at), tuple(at)) for rule, at in by_rule.items()}, groups)
