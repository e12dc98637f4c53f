"""No new row is trained on before a person has accepted it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trainer.data.more.augmentation import augmentation, carried_out
from trainer.data.more.marks import origins, synthetic, unreviewed
from trainer.data.more.request import Request
from trainer.data.more.review import accept
from trainer.data.profile import rows_only
from trainer.data.repair.write import provenance_of
from trainer.data.sources import open_source
from trainer.errors import UserFacingError
from trainer.paths import SAMPLE_DATA


@pytest.fixture
def pending(tmp_path: Path) -> Path:
    return carried_out(augmentation(SAMPLE_DATA, Request(rows=6), tmp_path)).path


def rows_of(path: Path) -> list[dict[str, object]]:
    return [row for chunk in open_source(path).chunks() for row in chunk.rows]


def test_new_rows_are_unreviewed(pending: Path) -> None:
    assert all(unreviewed(row) for row in rows_of(pending))
    assert not any(unreviewed(row) for row in rows_of(SAMPLE_DATA))
    assert not unreviewed({"review": "pending", "text": "a film"})


def test_accepted_rows_follow_the_own_ones(pending: Path) -> None:
    edited = {"customer_message": "Where is my kite?", "agent_reply": "Here.", "topic": "delivery"}
    path = accept(pending, {1: "accept", 2: "reject", 3: edited})
    own, rows = rows_of(SAMPLE_DATA), rows_of(path)
    assert [{k: v for k, v in row.items() if k != "split"} for row in rows[: len(own)]] == own
    parents = {n for row in rows[len(own) :] for n in row["made_from"]}
    assert {n for n, row in enumerate(rows, start=1) if row.get("split") == "train"} == parents | {
        *range(len(own) + 1, len(rows) + 1)
    }
    first, second = rows[len(own) :]
    assert not unreviewed(first)
    assert synthetic(first)
    assert own[origins(first)[0] - 1]["agent_reply"] == first["agent_reply"]
    assert second.items() >= edited.items()
    assert second["review"] == "accepted"
    record = json.loads(provenance_of(path).read_text())
    assert record["decisions"] == {"accept": 1, "reject": 1, "edited": 1, "undecided": 3}
    assert rows_of(pending)[0]["review"] == "pending"


def test_marks_are_no_columns_to_train_on(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    texts = ("the lamp is broken and I am angry", "where is my parcel, it is late", "thank you for the lovely tent")
    file.write_text("text,label\n" + "".join(f'"{t} {i}",{"abc"[n]}\n' for i in range(20) for n, t in enumerate(texts)))
    new = carried_out(augmentation(file, Request(rows=30), tmp_path)).path
    taken = accept(new, dict.fromkeys(range(1, 21), "accept"))
    for path in (new, taken):
        shape = rows_only(path, {}).shape
        assert (shape.format, shape.question) == ("text_label", None)
        assert shape.roles == {"prompt": "text", "label": "label"}


def test_only_the_accepted_ones(pending: Path) -> None:
    assert len(rows_of(accept(pending, {2: "accept"}, with_originals=False))) == 1


def test_two_reviews_give_two_files(pending: Path) -> None:
    assert accept(pending, {1: "accept"}) != accept(pending, {1: "accept"})


@pytest.mark.parametrize(
    ("decisions", "words"),
    [
        ({}, "no row is accepted"),
        ({1: "reject"}, "no row is accepted"),
        ({99: "accept"}, "no row 99"),
        ({1: "maybe"}, "no decision"),
    ],
)
def test_what_is_no_decision(pending: Path, decisions: dict[int, str], words: str) -> None:
    with pytest.raises(UserFacingError, match=words):
        accept(pending, dict(decisions))
    assert not list(pending.parent.glob("*accepted*"))
