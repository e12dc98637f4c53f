"""Steps that need to see all rows before the first goes on: order, draws, classes, sides."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from trainer.data.repair import steps as s
from trainer.data.repair.cells import at
from trainer.data.repair.items import Held, Item, changed, rank, shown
from trainer.data.repair.sides import sides
from trainer.data.repair.work import Work
from trainer.errors import UserFacingError

WEIGHT_NOTE = "the trainer doesn't use the column weight yet"
UPSAMPLE_NOTE = "a plan leaves out repeats unless it is told to keep them"


def sample(step: s.Sample, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """So many rows drawn at random, in their order. Holds no more than these."""
    kept: list[tuple[int, int, Item]] = []
    for n, item in enumerate(items):
        work.tally.rows_in += 1
        place = -int.from_bytes(rank(step.seed, "sample", item.row))
        entry = (place, n, item)
        if len(kept) < step.rows:
            heapq.heappush(kept, entry)
        else:
            work.tally.aside(heapq.heappushpop(kept, entry)[2])
    yield from (item for _, _, item in sorted(kept, key=lambda e: e[1]))


def shuffle(step: s.Shuffle, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """All rows in a seeded order. Holds all of them."""
    rows = Held(items, work.tally)
    for position in sorted(range(len(rows)), key=lambda n: rank(step.seed, "shuffle", rows.numbers[n])):
        yield rows[position]


def split(step: s.Split, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Each row with its side in the column `split`. What says the same stays on one side."""
    rows = Held(items, work.tally)
    if any("split" in item.value for item in rows):
        raise UserFacingError("there is a column split already", "split", "Drop it first: drop_columns columns=split")
    marks, work.tally.note = sides(step, rows, work)
    for item in rows:
        work.tally.changed += 1
        yield changed(item, item.value | {"split": marks[item.row]}, {"split"})


def balance(step: s.Balance, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """Classes of equal size, or a weight for each row that makes up for the difference."""
    column = step.column or work.shape.roles.get("label")
    if column is None:
        raise UserFacingError("which column holds the classes is not known", "balance", "Name it: balance column=...")
    rows = Held(items, work.tally)
    classes: dict[str, list[int]] = defaultdict(list)
    for position, item in enumerate(rows):
        classes[shown(at(item.value, column))].append(position)
    if len(classes) < 2:
        raise UserFacingError(f"column {column} holds fewer than two classes", "balance", "Name another column.")
    yield from _BALANCE[step.how](step, rows, classes, column, work)


Classes = dict[str, list[int]]
"""Class -> positions of its rows."""


def _drawn(step: s.Balance, rows: Held, members: list[int]) -> list[int]:
    return sorted(members, key=lambda position: rank(step.seed, "balance", rows.numbers[position]))


def _down(step: s.Balance, rows: Held, classes: Classes, column: str, work: Work) -> Iterator[Item]:
    least = min(map(len, classes.values()))
    kept = {position for members in classes.values() for position in _drawn(step, rows, members)[:least]}
    for position, item in enumerate(rows):
        if position in kept:
            yield item
        else:
            work.tally.aside(item)


def _up(step: s.Balance, rows: Held, classes: Classes, column: str, work: Work) -> Iterator[Item]:
    yield from rows
    most = max(map(len, classes.values()))
    work.tally.note = UPSAMPLE_NOTE
    for members in classes.values():
        drawn = _drawn(step, rows, members)
        for n in range(most - len(members)):
            work.tally.added += 1
            yield rows[drawn[n % len(drawn)]]


def _weigh(step: s.Balance, rows: Held, classes: Classes, column: str, work: Work) -> Iterator[Item]:
    counts = Counter({name: len(members) for name, members in classes.items()})
    work.tally.note = WEIGHT_NOTE
    for item in rows:
        weight = round(len(rows) / (len(counts) * counts[shown(at(item.value, column))]), 6)
        work.tally.changed += 1
        yield changed(item, item.value | {"weight": weight}, {"weight"})


_BALANCE: dict[str, Callable[..., Iterator[Item]]] = {"downsample": _down, "upsample": _up, "weight": _weigh}


def merge(step: s.Merge, items: Iterator[Item], work: Work) -> Iterator[Item]:
    """The rows of all files: the source gives them already (see merging), here they are counted."""
    for item in items:
        if item.row <= work.first_rows():
            work.tally.rows_in += 1
        else:
            work.tally.added += 1
        yield item
