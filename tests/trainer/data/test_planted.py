"""Part of the planted faults, small and quick: the bookkeeping is right, and the doctor finds what is planted.

The whole table, with real files too: python -m benchmarks.planted_faults
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.trainer.data.asking import inspected
from tests.trainer.data.planted import ON_CLEAN, Score, Sheet, rows_told, score, table
from tests.trainer.data.planted_sheets import (
    _BREAK,
    clean_sheets,
    flood_sheet,
    labels_sheet,
    languages_sheet,
    lines_sheet,
    pairs_sheet,
    repeats_sheet,
    split_sheet,
    talks_sheet,
    texts_sheet,
)
from tests.trainer.data.planted_texts import TEXTS, made, noise

SLACK = 0.1
"""A small sheet has few plants of each kind: one missed weighs more than in the whole table."""


def rows_of(sheet: Sheet) -> list[dict[str, object]]:
    return [json.loads(line) for line in sheet.path.read_text("utf-8").splitlines()]


def found(*sheets: Sheet) -> dict[str, Score]:
    scores: dict[str, Score] = {}
    for sheet in sheets:
        score(sheet, inspected(sheet.path), scores)
    return scores


def held(scores: dict[str, Score]) -> None:
    below = [s for s in scores.values() if s.planted and min(s.recall or 0, s.precision or 0) < s.aim - SLACK]
    assert not below, "\n" + table({s.rule: s for s in below}) + "\n" + "\n".join(", ".join(s.missed) for s in below)


def test_plants_stand_where_they_are_said_to_stand(tmp_path: Path) -> None:
    sheet = texts_sheet(tmp_path, 700, 6, 4)
    rows = rows_of(sheet)
    assert all(len(g) == 1 for rule in TEXTS for g in sheet.planted[rule])
    fixed = [f for f in TEXTS["html"].forms if isinstance(f, str)]
    for (number,) in sheet.planted["html"]:
        assert any(
            form in str(rows[number - 1]) or form in "".join(map(str, rows[number - 1].values())) for form in fixed
        )
    for number, what in sheet.decoys["html"].items():
        assert what in "".join(map(str, rows[number - 1].values()))
    every = [n for groups in sheet.planted.values() for g in groups for n in g]
    assert len(every) == len(set(every)), "two faults in one row"


def test_near_copies_stay_near(tmp_path: Path) -> None:
    from rapidfuzz.fuzz import token_sort_ratio

    sheet = repeats_sheet(tmp_path, 400, 4)
    rows = [f"{r['question']} {r['answer']}".lower() for r in rows_of(sheet)]
    for one, two in map(sorted, sheet.planted["near_duplicates"]):
        assert token_sort_ratio(rows[one - 1], rows[two - 1]) > 85


def test_scoring_counts_misses_and_false_alarms(tmp_path: Path) -> None:
    sheet = Sheet("x", tmp_path, {"html": [frozenset({1}), frozenset({2, 3})]}, {"html": {7: "a < b"}})
    told = {"findings": [{"rule": "html", "rows": [3, 7, 9], "count": 3}]}
    scores: dict[str, Score] = {}
    score(sheet, told, scores)
    one = scores["html"]
    assert (one.recall, one.precision, one.fired) == (0.5, 1 / 3, ["a < b"])
    assert not one.reached
    assert rows_told(told, "html") == {3, 7, 9}


def test_keys_are_new_each_time() -> None:
    from random import Random

    rng = Random(1)
    assert noise(rng, 8) != noise(rng, 8)
    assert len({made(TEXTS["secrets"].forms[0], rng) for _ in range(5)}) == 5


def test_texts_are_found(home: Path, tmp_path: Path) -> None:
    held(found(texts_sheet(tmp_path, 1100, 14, 12)))


def test_languages_are_found(home: Path, tmp_path: Path) -> None:
    held(found(languages_sheet(tmp_path, 800, 4)))


def test_repeats_are_found(home: Path, tmp_path: Path) -> None:
    held(found(repeats_sheet(tmp_path, 600, 6), flood_sheet(tmp_path, 600), split_sheet(tmp_path, 600, 5)))


def test_faulty_rows_and_labels_are_found(home: Path, tmp_path: Path) -> None:
    held(found(labels_sheet(tmp_path, 600, 6), talks_sheet(tmp_path, 400, 8), pairs_sheet(tmp_path, 600, 8)))


@pytest.mark.parametrize("rule", sorted(_BREAK))
def test_broken_lines_are_found(home: Path, tmp_path: Path, rule: str) -> None:
    held(found(lines_sheet(tmp_path, 300, 10, rule)))


def test_clean_rows_stay_silent(home: Path, tmp_path: Path) -> None:
    for path in clean_sheets(tmp_path, 700):
        told = {f["rule"]: f["advice"] for f in inspected(path)["findings"] if f["rule"] not in ON_CLEAN}
        assert not told, (path.name, told)
