"""Sheets with faults planted at known rows, in clean text or in real files, and how well they are found again."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.trainer.data.planted_texts import EXCUSED, TEXTS

Row = dict[str, Any]
EXACT, ROUGH = 0.95, 0.85
"""Aims for kinds that can be told exactly, and for near-duplicates, private data, languages and the like."""
ROUGHLY = {"near_duplicates", "mixed_languages", "split_leak", "pref_swapped"} | {
    rule for rule, planting in TEXTS.items() if planting.aim < EXACT
}


@dataclass(eq=False)
class Item:
    """A row that keeps its identity while rows are added and shuffled."""

    row: Row
    touched: bool = False


@dataclass
class Bed:
    """Clean rows into which faults are planted, each in rows of its own."""

    rng: Random
    items: list[Item]
    groups: dict[str, list[list[Item]]] = field(default_factory=lambda: defaultdict(list))
    decoys: dict[str, list[tuple[Item, str]]] = field(default_factory=lambda: defaultdict(list))
    _free: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free = list(self.items)
        self.rng.shuffle(self._free)

    def take(self) -> Item:
        """A clean row nobody has touched."""
        item = self._free.pop()
        item.touched = True
        return item

    def add(self, row: Row) -> Item:
        """One more row, somewhere in the sheet."""
        item = Item(row, touched=True)
        self.items.append(item)
        return item

    def plant(self, rule: str, *items: Item) -> None:
        """Rows that together show one fault."""
        self.groups[rule].append(list(items))

    def decoy(self, rule: str, item: Item, what: str) -> None:
        """A row that must stay silent."""
        self.decoys[rule].append((item, what))


@dataclass(frozen=True)
class Sheet:
    """A file as it is inspected, with what stands where (row numbers from 1)."""

    name: str
    path: Path
    planted: dict[str, list[frozenset[int]]]
    decoys: dict[str, dict[int, str]] = field(default_factory=dict)
    truth: dict[str, frozenset[int]] = field(default_factory=dict)
    """Rows that showed the finding before anything was planted (real files have faults of their own)."""
    whole: frozenset[str] = frozenset()
    """Findings about the whole file: they appear or not, whatever their rows."""


def written(bed: Bed, path: Path, shuffle: bool = True, whole: Iterable[str] = ()) -> Sheet:
    """The bed as a file (by its ending), row numbers settled."""
    if shuffle:
        bed.rng.shuffle(bed.items)
    number = {id(item): n for n, item in enumerate(bed.items, start=1)}
    write(path, [item.row for item in bed.items])
    return Sheet(
        path.stem,
        path,
        {rule: [frozenset(number[id(i)] for i in g) for g in groups] for rule, groups in bed.groups.items()},
        {rule: {number[id(i)]: what for i, what in found} for rule, found in bed.decoys.items()},
        whole=frozenset(whole),
    )


def write(path: Path, rows: Sequence[Row]) -> None:
    """Rows as CSV or JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        if path.suffix == ".csv":
            table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        else:
            out.writelines(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)


@dataclass
class Score:
    """One finding over all sheets."""

    rule: str
    planted: int = 0
    found: int = 0
    false: int = 0
    told: int = 0
    """Rows told that are right."""
    clean: int = 0
    """Rows told on clean sheets."""
    decoys: int = 0
    fired: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        return self.found / self.planted if self.planted else None

    @property
    def precision(self) -> float | None:
        return self.told / (self.told + self.false) if self.told + self.false else None

    @property
    def aim(self) -> float:
        return ROUGH if self.rule in ROUGHLY else EXACT

    @property
    def reached(self) -> bool:
        """Whether recall and precision are what they should be, and clean data stay silent."""
        return (self.recall or 0) >= self.aim and (self.precision or 0) >= self.aim and not self.clean


Report = dict[str, Any]
ALSO = {"near_duplicates": "exact_duplicates"}
"""A copy that differs in white space alone may be told as an exact one."""


def rows_told(report: Report, rule: str) -> set[int]:
    """All rows a report names for a rule."""
    return {row for f in report["findings"] if f["rule"] == rule for row in f["rows"]}


def rules_told(report: Report) -> set[str]:
    """The rules a report names."""
    return {f["rule"] for f in report["findings"]}


def score(sheet: Sheet, report: Report, scores: dict[str, Score]) -> None:
    """Add what a report of a sheet found and missed."""
    for rule in sorted(sheet.planted.keys() | sheet.decoys.keys()):
        one = scores.setdefault(rule, Score(rule))
        if rule in sheet.whole:
            _score_whole(sheet, rule, report, one)
        else:
            _score_rows(sheet, rule, rows_told(report, rule) | rows_told(report, ALSO.get(rule, rule)), one)


def _score_whole(sheet: Sheet, rule: str, report: Report, one: Score) -> None:
    there, told = bool(sheet.planted.get(rule)), rule in rules_told(report)
    one.planted += there
    one.found += there and told
    one.told += there and told
    one.false += told and not there
    if there and not told:
        one.missed.append(f"{sheet.name}: the whole file")


def _score_rows(sheet: Sheet, rule: str, told: set[int], one: Score) -> None:
    groups = sheet.planted.get(rule, [])
    fair = frozenset().union(*groups) if groups else frozenset()
    excused = set(sheet.truth.get(rule, ()))
    for other in EXCUSED.get(rule, set()):
        excused |= frozenset().union(*sheet.planted.get(other, []))
    missed = [g for g in groups if not g & told]
    one.planted += len(groups)
    one.found += len(groups) - len(missed)
    one.told += len(told & fair)
    one.false += len(told - fair - excused)
    one.missed += [f"{sheet.name}: {min(g)}" for g in missed]
    one.alarms += [f"{sheet.name}: {row}" for row in sorted(told - fair - excused)]
    decoys = sheet.decoys.get(rule, {})
    one.decoys += len(decoys)
    one.fired += sorted({what for row, what in decoys.items() if row in told})


ON_CLEAN = {"licence_unknown", "low_trained_share"}
"""What may rightly be said of clean sheets: no licence stands beside them, and a label is a small share of a mail."""


def score_clean(report: Report, scores: dict[str, Score]) -> None:
    """Add what was told about a clean sheet, where nothing should be."""
    for finding in report["findings"]:
        if finding["rule"] not in ON_CLEAN:
            scores.setdefault(finding["rule"], Score(finding["rule"])).clean += max(1, finding["count"])


def table(scores: dict[str, Score]) -> str:
    """The scores as text."""
    lines = [
        f"{'finding':22} {'planted':>8} {'found':>6} {'recall':>7} {'precision':>9} {'aim':>5} {'on clean':>8}"
        "         decoys that fired"
    ]
    for rule, s in sorted(scores.items()):
        recall = "-" if s.recall is None else f"{s.recall:.3f}"
        precision = "-" if s.precision is None else f"{s.precision:.3f}"
        fired = f"{len(s.fired)} of {s.decoys}: " + " | ".join(repr(w)[:40] for w in s.fired[:3]) if s.fired else ""
        below = "" if s.reached or not s.planted else "  < aim"
        lines.append(
            f"{rule:22} {s.planted:8} {s.found:6} {recall:>7} {precision:>9} {s.aim:5.2f} {s.clean:8}{below:7} {fired}"
        )
    return "\n".join(lines)


Inspect = Callable[[Path], Report]
