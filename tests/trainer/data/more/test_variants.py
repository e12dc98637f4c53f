"""Rows by rules: answers and labels untouched, nothing repeated, nothing new that is private, everything counted."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from trainer.data.more.augmentation import augmentation, carried_out
from trainer.data.more.marks import mark_of, unmarked
from trainer.data.more.request import Request
from trainer.data.more.shares import shares
from trainer.data.more.sieve import Made, Sieve, said, same
from trainer.data.more.variants import MOST_A_ROW
from trainer.errors import UserFacingError
from trainer.paths import SAMPLE_DATA


def sample() -> list[dict[str, str]]:
    with SAMPLE_DATA.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_only_the_question_is_varied(tmp_path: Path) -> None:
    own = sample()
    before = SAMPLE_DATA.read_bytes()
    order = augmentation(SAMPLE_DATA, Request(rows=80), tmp_path)
    assert order.made == 80
    assert not list(tmp_path.iterdir())
    made = lines(carried_out(order, "a").path)
    assert len(made) == 80
    for row in made:
        (source,) = row["made_from"]
        old = own[source - 1]
        assert (row["agent_reply"], row["topic"]) == (old["agent_reply"], old["topic"])
        assert same(row["customer_message"]) != same(old["customer_message"])
        assert row["synthetic"] is True
        assert row["review"] == "pending"
        assert row["made_by"]
    texts = Counter(same(r["customer_message"]) for r in [*own, *made])
    assert not [t for t in texts if texts[t] > 1 and t in {same(r["customer_message"]) for r in made}]
    assert SAMPLE_DATA.read_bytes() == before


def test_the_same_request_gives_the_same_hash_and_rows(tmp_path: Path) -> None:
    one, two = (augmentation(SAMPLE_DATA, Request(rows=30), tmp_path) for _ in range(2))
    other = augmentation(SAMPLE_DATA, Request(rows=30, seed=7), tmp_path)
    assert one.hash == two.hash != other.hash
    written = carried_out(one, "once")
    again = carried_out(two, "once")
    assert again.record == written.record
    with pytest.raises(UserFacingError, match="exists already"):
        carried_out(two, "another approval")


def test_a_changed_file_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(SAMPLE_DATA.read_bytes())
    order = augmentation(file, Request(rows=10), tmp_path)
    with file.open("a", encoding="utf-8") as more:
        more.write("hello there,hi,delivery\n")
    with pytest.raises(UserFacingError, match="has changed"):
        carried_out(order)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.csv"]


def test_rare_classes_are_filled_from_the_rarest(tmp_path: Path) -> None:
    own = Counter(row["topic"] for row in sample())
    made = lines(carried_out(augmentation(SAMPLE_DATA, Request(how="rare_classes", rows=60), tmp_path)).path)
    new = Counter(row["topic"] for row in made)
    assert set(new) == {"sizing", "refunds"}
    assert abs(own["sizing"] + new["sizing"] - own["refunds"] - new["refunds"]) <= 1


def test_shares_stop_at_the_wanted_level() -> None:
    assert shares(Counter(a=10, b=3, c=1), 100, fill_to=5) == {"b": 2, "c": 4}
    assert shares(Counter(a=10, b=3, c=1), 3) == {"c": 3}
    with pytest.raises(UserFacingError, match="no class is rarer"):
        shares(Counter(a=5, b=5), 10)
    with pytest.raises(UserFacingError, match="no label column"):
        shares(Counter(), 10)


def test_a_row_is_not_varied_without_end(tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    rows = [
        f"the {t} is broken and I am angry about it,{'a' if i else 'b'}"
        for i, t in enumerate(("lamp", "tent", "rope", "boat"))
    ]
    file.write_text("text,label\n" + "\n".join(rows) + "\n")
    order = augmentation(file, Request(how="rare_classes", rows=500, fill_to=200), tmp_path)
    made = lines(carried_out(order).path)
    uses = Counter(row["made_from"][0] for row in made)
    assert max(uses.values()) <= MOST_A_ROW
    assert order.wanted > (order.made or 0)


def test_conversations_ids_and_nested_columns(tmp_path: Path) -> None:
    file = tmp_path / "chats.jsonl"
    rows = [
        {
            "id": f"c-{i}",
            "messages": [
                {"role": "system", "content": "be kind"},
                {"role": "user", "content": f"where is my little parcel with the {thing}? it is very late"},
                {"role": "assistant", "content": f"Your {thing} is on its way."},
            ],
        }
        for i, thing in enumerate(("lamp", "tent", "rope", "boat", "kettle", "stove", "map", "knife") * 3)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    made = lines(carried_out(augmentation(file, Request(rows=12), tmp_path)).path)
    assert made
    for row in made:
        old = rows[row["made_from"][0] - 1]
        assert [m["role"] for m in row["messages"]] == ["system", "user", "assistant"]
        assert row["messages"][0::2] == old["messages"][0::2]
        assert row["messages"][1] != old["messages"][1]
        assert row["id"] is None


def test_own_columns_named_as_ours_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "films.csv"
    file.write_text(
        "review,sentiment\n"
        + "".join(
            f"the {t} was long and I did not like it much,{s}\n"
            for t in ("film", "plot", "end", "music", "cast", "story")
            for s in ("bad", "good")
        )
    )
    made = lines(carried_out(augmentation(file, Request(rows=6), tmp_path)).path)
    assert all(row["review"] != "pending" and row["tunesmith_review"] == "pending" for row in made)
    assert all(mark_of(row, "review") == "pending" and unmarked(row).keys() == {"review", "sentiment"} for row in made)


def test_synthetic_rows_are_no_source(tmp_path: Path) -> None:
    new = carried_out(augmentation(SAMPLE_DATA, Request(rows=20), tmp_path)).path
    with pytest.raises(UserFacingError, match="no row of your own"):
        augmentation(new, Request(rows=5), tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("the first question is about a lamp and its price", "identical"),
        ("ok", "too_short"),
        ("word " * 60, "too_long"),
        ("the first question is about {{item}} and its price", "placeholder"),
        ("the first question, mail me at a.b@firma.de please", "private"),
        ("another thing: the second question is about a tent", "near_duplicate"),
    ],
)
def test_the_sieve_names_its_reason(text: str, reason: str) -> None:
    sieve = Sieve(
        {
            1: "the first question is about a lamp and its price",
            2: "another thing: the second question is about a tent.",
        }
    )
    assert not sieve.sifted([Made({}, text, (1,), "by hand")])
    assert sieve.thrown == Counter({reason: 1})
    assert said(sieve.thrown).startswith("1 ")


def test_plain_text_has_nothing_to_vary(tmp_path: Path) -> None:
    file = tmp_path / "book.txt"
    file.write_text("\n\n".join(f"The miller walked along the river and thought of {i} things." for i in range(30)))
    with pytest.raises(UserFacingError, match="plain text"):
        augmentation(file, Request(rows=5), tmp_path)
