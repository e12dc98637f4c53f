"""What an examination of a data set gives: findings in words, and every row behind each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Found:
    """A rule that applies. `rows` are all its rows; `facts` fill the rule's sentence."""

    rule: str
    count: int
    rows: Sequence[int] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """All that was found in a source, by rule."""

    found: Mapping[str, Found] = field(default_factory=dict)
    groups: Mapping[str, Sequence[Sequence[int]]] = field(default_factory=dict)
    """exact_duplicates and near_duplicates: rows that say the same, the first of each group kept."""
    sampled: float = 1.0
    """Share of the source that was looked at."""

    def rows(self, rule: str) -> frozenset[int]:
        """The rows a rule points at; for duplicates those that repeat an earlier one."""
        return frozenset(self.found[rule].rows) if rule in self.found else frozenset()
