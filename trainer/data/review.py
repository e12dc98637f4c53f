"""A person's decisions about single rows of a file, kept until they become a repair."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from trainer.records import read_json, write_atomic

Decision = str | dict[str, Any]
"""accept, reject, or {column: new value}."""


class Decisions:
    """Kept per content: a changed file has none. Lies under `home`/reviews."""

    def __init__(self, home: Path, fingerprint: str) -> None:
        self._path = home / "reviews" / f"{fingerprint[:32]}.json"

    def all(self) -> dict[int, Decision]:
        """Row number -> decision."""
        return {int(row): decision for row, decision in read_json(self._path).items()}

    def decide(self, row: int, decision: Decision | None) -> None:
        """Keep a decision; None takes it back."""
        kept = self.all()
        kept.pop(row, None)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self._path, {str(r): d for r, d in (kept | ({row: decision} if decision else {})).items()})

    def counts(self) -> dict[str, int]:
        """How many rows were accepted, rejected, edited."""
        kinds = Counter(d if isinstance(d, str) else "edited" for d in self.all().values())
        return {"accept": kinds["accept"], "reject": kinds["reject"], "edited": kinds["edited"]}

    def step(self) -> dict[str, Any] | None:
        """The decisions as a repair step; None when there are none."""
        decisions = self.all()
        return {"op": "review", "decisions": decisions} if decisions else None
