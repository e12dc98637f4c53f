"""The state of the data in plain words, and what to fix first."""

from __future__ import annotations

from trainer.data.doctor.diagnosis import Found
from trainer.data.doctor.summary import fix_first, quality
from trainer.data.doctor.words import findings


def found(*rules: tuple[str, int]) -> tuple[object, ...]:
    facts = {"groups": 3, "largest": 4, "first": 1, "hits": 9, "columns": "a", "kinds": "key 1"}
    facts |= {"buys": "more.", "mix": "en", "main": "en", "part": "", "lines": 2, "shown": "x"}
    return findings(Found(rule, n, range(1, n + 1) if rule != "too_little_data" else (), facts) for rule, n in rules)


def test_clean_data_are_called_clean() -> None:
    assert quality(findings([]), 1200) == "In good order: 1,200 rows, nothing that must be mended."


def test_the_share_is_that_of_rows_that_are_named() -> None:
    told = found(("too_little_data", 60), ("near_duplicates", 6))
    assert quality(told, 60) == "Usable: 2 kinds of trouble, the most frequent in 10 % of the rows."  # type: ignore[arg-type]
    assert quality(found(("too_little_data", 60)), 60) == "Usable: 1 kind of trouble."  # type: ignore[arg-type]


def test_a_blocker_is_said_first() -> None:
    told = found(("near_duplicates", 6), ("one_label", 1))
    assert quality(told, 60) == "Not usable as it is: see the first point."  # type: ignore[arg-type]
    assert [f.rule for f in fix_first(told, 60)] == ["one_label", "near_duplicates"]  # type: ignore[arg-type]


def test_warnings_come_before_notes_and_three_are_enough() -> None:
    told = found(
        ("secrets", 1),
        ("near_duplicates", 50),
        ("pii_email", 2),
        ("toxic", 1),
        ("boilerplate", 60),
        ("mixed_languages", 60),
    )
    rules = [f.rule for f in fix_first(told, 60)]  # type: ignore[arg-type]
    assert len(rules) == 3
    assert set(rules) <= {"secrets", "near_duplicates", "pii_email", "toxic"}
