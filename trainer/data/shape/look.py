"""All that is known of a table before a role is given: columns, signs of their values, sampled rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import yaml

from trainer.data.shape.columns import Row
from trainer.data.shape.names import is_meaningless, key_of, listed, place, scores, table
from trainer.data.shape.signs import LOOKED_AT, Signs, sample, signs_of
from trainer.facts import Column

_SHARE_DISTINCT = 0.2
"""A label column has fewer distinct values than this share of its rows."""
_FEW_ROWS = 60
"""So few rows say little about how often a value repeats."""
_SAYS = 8
"""Below this many rows nothing can be said about repeats."""


@lru_cache(maxsize=1)
def value_words() -> dict[str, frozenset[str]]:
    """Known values by kind: split, language, yes, no."""
    raw: dict[str, str] = yaml.safe_load((Path(__file__).parent / "values.yaml").read_text("utf-8"))
    return {kind: frozenset(listed(line)) for kind, line in raw.items()}


@dataclass(frozen=True)
class Claim:
    """A column for a role: how sure (0 to 1), and why."""

    column: str
    confidence: float
    why: str


@dataclass(frozen=True)
class Look:
    """A table as it is judged."""

    columns: dict[str, Column]
    signs: dict[str, Signs]
    rows: list[Row]
    """A sample, evenly over all."""
    head: list[Row]
    """The first rows as they follow each other."""
    total: int

    def name_score(self, role: str, column: str) -> float:
        """How much the name speaks for the role, 0 to 1."""
        return scores(column).get(role, 0.0)

    def prose(self, column: str) -> bool:
        """Words to read, in a column of plain values."""
        return self.plain(column) and self.signs[column].prose

    def plain(self, column: str) -> bool:
        """Single values: no lists, no objects."""
        return self.columns[column].kind in ("text", "mixed", "number")

    def few_short(self, column: str) -> bool:
        """Few different short values: what labels look like."""
        c = self.columns[column]
        few = c.distinct <= max(2, _SHARE_DISTINCT * max(self.total, 10))
        return few and c.mean_chars <= 60 and self.signs[column].words <= 6

    def labelish(self, column: str) -> bool:
        """Looks like labels, in a table long enough to say so."""
        return self.total >= _SAYS and self.few_short(column)

    def labels(self, column: str) -> bool:
        """Whether the content can be labels, given that the name says so."""
        c, signs = self.columns[column], self.signs[column]
        if c.kind in ("list", "object", "bool"):
            return not signs.turns
        if signs.date > 0.8 or signs.uuid > 0.5 or signs.email > 0.5:
            return False
        short = c.mean_chars <= 30 and self.total <= _FEW_ROWS and c.distinct <= max(2, 0.9 * c.filled)
        return self.few_short(column) or short or c.kind == "mixed"

    def within(self, column: str, kind: str) -> bool:
        """Whether all values (95 %) are known ones of a kind: split, language."""
        values, known = self.signs[column].values, value_words()[kind]
        return bool(values) and len(values & known) >= 0.95 * len(values)

    def yes_no(self, column: str) -> bool:
        """Two values that mean good and bad."""
        if self.columns[column].kind == "bool":
            return True
        values = self.signs[column].values
        yes, no = value_words()["yes"], value_words()["no"]
        return bool(values) and values <= (yes | no) and len(values) <= 2

    def best(self, role: str, free: list[str], fit: Callable[[str], float], least: float = 0.5) -> Claim | None:
        """The column whose name speaks most for a role, weighed by how its content fits."""
        scored = [(self.name_score(role, c) * fit(c), c) for c in free]
        scored = [(s, c) for s, c in scored if s >= least]
        if not scored:
            return None
        score, column = min(scored, key=lambda sc: (-round(sc[0], 2), place(role, sc[1]), free.index(sc[1])))
        return Claim(column, round(0.55 + 0.44 * score, 2), f"named like {NAMED[role]}")


NAMED = {
    "prompt": "what people ask",
    "completion": "an answer",
    "input": "what a question is about",
    "label": "a label",
    "text": "a text",
    "system": "instructions for the model",
    "chosen": "the better answer",
    "rejected": "the worse answer",
    "messages": "a conversation",
    "tools": "tools",
    "id": "an id",
    "date": "a date",
    "split": "the part of a split",
    "group": "a customer or thread",
    "speaker": "who speaks",
    "language": "a language",
}
"""What a role's column is called in an evidence sentence."""


def look_at(columns: list[Column], rows: list[Row]) -> Look:
    """Signs of every column over a sample of the rows; how many values differ is counted over all."""
    few = sample(rows)
    signs = {c.name: replace(signs_of(c.name, few), distinct=c.distinct / max(c.filled, 1)) for c in columns}
    return Look({c.name: c for c in columns}, signs, few, rows[:LOOKED_AT], len(rows))


def silent(column: str) -> bool:
    """Whether a name says nothing at all about the column."""
    return is_meaningless(column)


def unnamed(column: str) -> bool:
    """Whether a name speaks for no role and is no known name of anything else."""
    return not scores(column) and key_of(column) not in table().other
