"""F38 to F54, injected into real processes: what a person sees, and what holds. Most are slow; a few run always."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainer.lab import Nursery
from tests.trainer.training_faults import CASES, Case, Lab

DOCS = Path(__file__).parents[2] / "docs" / "training-faults.md"


@pytest.fixture
def at(home: Path, tmp_path: Path, nursery: Nursery) -> Iterator[Lab]:
    """A lab whose processes and disks are gone afterwards."""
    lab = Lab(nursery, tmp_path)
    yield lab
    lab.close()


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{c.number} {c.name}", marks=[] if c.quick else pytest.mark.slow) for c in CASES]
)
def test_a_fault_is_told_and_nothing_is_lost(at: Lab, case: Case) -> None:
    said = case.play(at)
    for words in case.says:
        assert words in said


def test_the_table_of_the_docs_holds_every_fault() -> None:
    table = DOCS.read_text("utf-8")
    for case in CASES:
        row = next(line for line in table.splitlines() if line.startswith(f"| {case.number} {case.name} |"))
        assert all(words in row for words in case.says) or "not tried" in row
