"""The division of rows: a split column is kept, rows that only say they train leave the others to be divided."""

from __future__ import annotations

from trainer.data.convert import Example
from trainer.data.split import split


def rows(*sides: str) -> list[Example]:
    return [
        Example(i, (("user", f"question number {i}"), ("assistant", "yes")), side=side)
        for i, side in enumerate(sides, start=1)
    ]


def test_rows_marked_to_train_train_and_the_others_are_divided() -> None:
    parts = split(rows(*["train"] * 40, *[""] * 100), 7, 0.1, 0.2, 1000)
    assert {e.row for e in parts.train} >= set(range(1, 41))
    assert (len(parts.val), len(parts.holdout)) == (10, 20)
    assert not any(e.side for e in [*parts.val, *parts.holdout])


def test_all_marked_to_train_are_divided_as_if_they_were_not() -> None:
    parts = split(rows(*["train"] * 100), 7, 0.1, 0.2, 1000)
    assert (len(parts.train), len(parts.val), len(parts.holdout)) == (70, 10, 20)


def test_a_files_own_split_is_kept() -> None:
    parts = split(rows(*["train"] * 80, *["test"] * 20), 7, 0.1, 0.2, 1000)
    assert {e.row for e in parts.holdout} == set(range(81, 101))
    assert len(parts.val) == 8
