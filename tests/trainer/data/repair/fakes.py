"""A source in memory and findings made by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trainer.data import content
from trainer.data.content.check import Check, Span
from trainer.data.doctor.diagnosis import Diagnosis, Found
from trainer.data.formats import Shape
from trainer.data.repair import spans
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


def _check(rule: str, kind: str, pattern: str) -> Check:
    compiled = re.compile(pattern)
    return Check(rule, pattern, lambda text: [Span(m.start(), m.end(), kind) for m in compiled.finditer(text)])


@pytest.fixture(scope="module", autouse=True)
def checks() -> Iterator[None]:
    """A few plain checks in place of the doctor's own."""
    plain = (
        _check("pii_email", "email", r"[\w.+-]+@[\w-]+\.[\w.]+\w"),
        _check("pii_phone", "phone", r"\+\d[\d ]{7,}\d"),
        _check("control_tokens", "control", r"<\|\w+\|>"),
        _check("html", "html", r"</?\w+[^<>]*>"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "CHECKS", plain, raising=False)
        spans.check.cache_clear()
        yield
    spans.check.cache_clear()
