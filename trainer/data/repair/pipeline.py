"""A recipe applied to a source: steps as a chain of generators over numbered rows, every change counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.doctor.watch import Reporter, Watch
from trainer.data.formats import Shape
from trainer.data.reading import Row
from trainer.data.repair import converting, grouping, rows, texts, whole
from trainer.data.repair.items import Item, StepCount, cell_bytes
from trainer.data.repair.merging import Merged
from trainer.data.repair.steps import OPS, Recipe
from trainer.data.repair.words import sentence
from trainer.data.repair.work import Work
from trainer.data.sources.source import Source

ROOMS = (rows, texts, whole, converting, grouping)
APPLY: dict[str, Callable[[Any, Iterator[Item], Work], Iterator[Item]]] = {
    op: next(getattr(room, op) for room in ROOMS if hasattr(room, op)) for op in OPS
}


class Outcome(BaseModel):
    """What a recipe did, or would do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows_in: int
    rows_out: int
    steps: tuple[StepCount, ...]
    unreadable: int = 0
    """Lines of the source that became no row; they are in no file."""
    conserved: bool
    """Whether every cell that no step claims to have changed is as it was read."""
    digest: str
    """SHA-256 over the cells that no step has touched, as they come out."""
    columns: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether the rows read are the rows kept plus those set aside, step by step."""
        ends = [self.rows_in, *(step.rows_out for step in self.steps)]
        chained = all(step.rows_in == before for step, before in zip(self.steps[1:], ends[1:], strict=False))
        return chained and ends[-1] == self.rows_out and all(step.adds_up for step in self.steps)

    @property
    def changed(self) -> int:
        """Cells changed by all steps together."""
        return sum(step.changed for step in self.steps)


class Conservation:
    """A hash over untouched cells as they were read, and one over the same cells as they come out."""

    def __init__(self) -> None:
        self._read, self._written = hashlib.sha256(), hashlib.sha256()

    def see(self, item: Item) -> None:
        """One row at the end of the chain, beside the row it was read as."""
        if item.origin is None:
            return
        if item.value is item.origin:
            whole = _cell(item.row, "", item.value)
            self._read.update(whole)
            self._written.update(whole)
            return
        new_names = {old: new for new, old in item.names}
        expected = {new_names.get(name, name): name for name in item.origin} if item.names else item.origin
        for column in expected:
            if column not in item.touched:
                name = expected[column] if item.names else column
                self._read.update(_cell(item.row, name, item.origin[name]))
                self._written.update(_cell(item.row, name, item.value.get(column, _MISSING)))
        for column in item.value.keys() - expected.keys() - item.touched:
            self._written.update(_cell(item.row, column, item.value[column]))

    @property
    def kept(self) -> bool:
        """Whether the two are the same."""
        return self._read.digest() == self._written.digest()

    @property
    def digest(self) -> str:
        """Of the cells as they come out."""
        return self._written.hexdigest()


_MISSING = "\x00missing"


def _cell(row: int, name: str, value: Any) -> bytes:
    return b"%d\x1f%s\x1f%s\x1e" % (row, name.encode("utf-8", "surrogatepass"), cell_bytes(value))


def numbered(source: Source, seen: dict[str, int], report: Reporter) -> Iterator[Item]:
    """The rows of a source with their numbers, from 1."""
    for chunk in source.chunks():
        seen["unreadable"] += sum(problem.row is None for problem in chunk.problems)
        for number, row in enumerate(chunk.rows, start=chunk.first):
            seen["rows"] += 1
            yield Item(number, row, (number,), origin=row)
        report("applying the steps", chunk.done, source.size)


def after(step: Any, shape: Shape) -> Shape:
    """The shape of the rows once a step has been applied."""
    if step.op == "map_columns":
        return replace(shape, roles=shape.roles | {role: role for role in step.roles})
    if step.op == "drop_columns":
        return replace(shape, roles={r: c for r, c in shape.roles.items() if c not in step.columns})
    if step.op in ("convert", "group"):
        return converting.shape_after(step, shape)
    return shape


def apply(
    source: Source,
    shape: Shape,
    recipe: Recipe,
    diagnosis: Diagnosis,
    sink: Callable[[Row], None] | None = None,
    watch: Watch | None = None,
    tokens: tuple[str, ...] = (),
) -> Outcome:
    """Every row through every step; `sink` gets the rows that come out (None: counts only).

    Findings and row numbers are those of the source; `tokens` are the chosen model's special ones.
    Raises UserFacingError when a step can't be applied.
    """
    seen = {"rows": 0, "unreadable": 0}
    items = numbered(source, seen, Reporter(watch))
    works: list[Work] = []
    for step in recipe.steps:
        work = Work(shape, diagnosis, tokens=tokens)
        if isinstance(source, Merged):
            work.first_rows = lambda merged=source: merged.first_rows  # type: ignore[misc]
        items = _counted(APPLY[step.op](step, items, work), work)
        works.append(work)
        shape = after(step, shape)
    conservation, columns = Conservation(), dict[str, None]()
    rows_out = 0
    for item in items:
        rows_out += 1
        conservation.see(item)
        columns |= dict.fromkeys(item.value)
        if sink:
            sink(item.value)
    steps = tuple(_count(step, work, diagnosis) for step, work in zip(recipe.steps, works, strict=True))
    return Outcome(
        rows_in=seen["rows"],
        rows_out=rows_out,
        steps=steps,
        unreadable=seen["unreadable"],
        conserved=conservation.kept,
        digest=conservation.digest,
        columns=tuple(columns),
    )


def _counted(items: Iterator[Item], work: Work) -> Iterator[Item]:
    for item in items:
        work.tally.rows_out += 1
        yield item


def _count(step: Any, work: Work, diagnosis: Diagnosis) -> StepCount:
    t = work.tally
    return StepCount(
        op=step.op,
        sentence=sentence(step, diagnosis),
        rows_in=t.rows_in,
        rows_out=t.rows_out,
        changed=t.changed,
        set_aside=t.set_aside,
        joined=t.joined,
        added=t.added,
        rows=tuple(t.rows),
        diffs=tuple(t.diffs),
        note=t.note,
    )
