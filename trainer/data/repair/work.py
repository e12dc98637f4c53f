"""What a step works with: the shape of its rows, the doctor's findings, its tally."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.formats import Shape
from trainer.data.repair.items import Item, Tally, changed
from trainer.data.repair.private import masked


@dataclass
class Work:
    """The surroundings of one step."""

    shape: Shape
    diagnosis: Diagnosis
    tally: Tally = field(default_factory=Tally)
    tokens: tuple[str, ...] = ()
    """Special tokens of the chosen model."""
    mask: Callable[[str], str] = masked
    first_rows: Callable[[], float] = lambda: float("inf")
    """Rows of the first file, where several are merged."""

    def rewritten(self, items: Iterator[Item], change: Callable[[Item], tuple[Any, list[Any]]]) -> Iterator[Item]:
        """Each row with some texts changed; the changes are counted and the first are shown."""
        for item in items:
            self.tally.rows_in += 1
            value, changes = change(item)
            for path, before, after in changes:
                self.tally.differs(item.row, str(path[0]), before, after, self.mask)
            yield changed(item, value, {str(path[0]) for path, _, _ in changes}) if changes else item

    def kept(self, items: Iterator[Item], keep: Callable[[Item], bool]) -> Iterator[Item]:
        """The rows that pass; the others are set aside and counted."""
        for item in items:
            self.tally.rows_in += 1
            if keep(item):
                yield item
            else:
                self.tally.aside(item)
