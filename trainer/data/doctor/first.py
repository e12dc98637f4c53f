"""The first look: one pass over the file for what needs no roles. Its findings come within seconds."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field

from trainer.data.doctor.columns import Columns
from trainer.data.doctor.diagnosis import Found
from trainer.data.doctor.watch import Reporter
from trainer.data.sources.source import ReadProblem, Row, Source
from trainer.data.spread import Spread

SAMPLE = 5_000
"""Rows that the roles are judged by, spread over the file."""
REMEMBERED = 100_000
"""Rows remembered for one kind of reading fault."""


@dataclass
class FirstLook:
    """What one pass shows. Memory: some 10 bytes a cell and the sample."""

    rows: int = 0
    columns: Columns = field(default_factory=Columns)
    sample: Spread[Row] = field(default_factory=lambda: Spread(SAMPLE))
    problems: dict[str, ReadProblem] = field(default_factory=dict)
    """The first problem of each kind."""
    counts: Counter[str] = field(default_factory=Counter)
    where: dict[str, array[int]] = field(default_factory=dict)

    def note(self, problem: ReadProblem) -> None:
        """One more thing that was odd."""
        self.problems.setdefault(problem.rule, problem)
        self.counts[problem.rule] += 1
        where = self.where.setdefault(problem.rule, array("Q"))
        if len(where) < REMEMBERED:
            where.append(problem.row or problem.line)

    def found(self) -> list[Found]:
        """Reading faults and columns."""
        read = [
            Found(rule, n, self.where[rule], {"line": p.line, "what": p.what, "good": self.rows})
            for rule, n in self.counts.items()
            for p in [self.problems[rule]]
        ]
        return [*read, *self.columns.found()]


def first_look(source: Source, report: Reporter) -> FirstLook:
    """Read the whole source once."""
    look = FirstLook()
    for chunk in source.chunks():
        look.columns.see(chunk.rows, chunk.first)
        look.sample.add(chunk.rows)
        look.rows += len(chunk.rows)
        for problem in chunk.problems:
            look.note(problem)
        report("reading", chunk.done, source.size)
    return look
