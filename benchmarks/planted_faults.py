"""Faults planted in clean and in real data, and how many the inspection finds again.

python -m benchmarks.planted_faults [--rows 3000] [--each 40] [--report] [--missed] [--only RULE ...]

A line a finding: planted, found, recall, precision, what was told about clean data, decoys that fired.
Ends with 1 when a finding stays below its aim (0.95 for exact kinds, 0.85 for near-duplicates, private
data, languages and rough lists), unless --report is given.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.trainer.data.asking import inspected
from tests.trainer.data.planted import Score, rows_told, score, score_clean, table
from tests.trainer.data.planted_sheets import carrier_sheets, clean_sheets, fresh_sheet, planted_sheets

SHARED = Path(__file__).resolve().parents[2] / "shared"


def scores_of(folder: Path, rows: int, each: int, only: list[str]) -> dict[str, Score]:
    """Every sheet inspected and compared with what was planted."""
    scores: dict[str, Score] = {}
    for path in clean_sheets(folder, rows):
        score_clean(inspected(path), scores)
    for sheet in planted_sheets(folder, rows, each):
        if not only or set(only) & sheet.planted.keys():
            _timed(sheet.name, lambda sheet=sheet: score(sheet, inspected(sheet.path), scores))
    for before, sheet in carrier_sheets(folder, SHARED, rows, max(each // 4, 3)):
        as_it_is = inspected(before)
        truth = {rule: frozenset(rows_told(as_it_is, rule)) for rule in sheet.planted}
        _timed(sheet.name, lambda s=sheet, t=truth: score(replace(s, truth=t), inspected(s.path), scores))
    return scores


def fresh_scores(folder: Path, rows: int, each: int) -> dict[str, Score]:
    """The text findings in forms the detectors were not written beside."""
    scores: dict[str, Score] = {}
    sheet = fresh_sheet(folder, rows, each, 30)
    score(sheet, inspected(sheet.path), scores)
    return scores


def _timed(name: str, work: object) -> None:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--each", type=int, default=40)
    parser.add_argument("--only", nargs="*", default=[], help="sheets that plant these findings")
    parser.add_argument("--report", action="store_true", help="end with 0 whatever was found")
    parser.add_argument("--missed", action="store_true", help="list rows that were missed, and false alarms")
    parser.add_argument("--keep", type=Path, help="write the sheets here and leave them")
    parser.add_argument("--json", type=Path, help="write the scores here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUNESMITH_HOME"] = home
        folder = asked.keep or Path(home)
        scores = scores_of(folder, asked.rows, asked.each, asked.only)
        fresh = {} if asked.only else fresh_scores(folder, asked.rows, asked.each)
    print(table(scores))
    if fresh:
        print(f"\nforms written after the detectors:\n{table(fresh)}")
    if asked.missed:
        for kind in ("missed", "alarms"):
            print(
                "\n".join(
                    f"{kind} {r}: {', '.join(getattr(s, kind)[:12])}" for r, s in scores.items() if getattr(s, kind)
                )
            )
    if asked.json:
        asked.json.write_text(json.dumps({r: vars(s) for r, s in scores.items()}, indent=1, default=list), "utf-8")
    below = [rule for rule, s in scores.items() if (s.planted or s.clean) and not s.reached]
    below += [f"{rule} (fresh)" for rule, s in fresh.items() if not s.reached]
    print(
        f"\n{len(below)} of {len(scores) + len(fresh)} findings below their aim: {', '.join(sorted(below)) or 'none'}"
    )
    return 0 if asked.report or not below else 1


if __name__ == "__main__":
    sys.exit(main())
