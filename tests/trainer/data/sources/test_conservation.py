"""Awkward strings written by other programs come back identical from every kind of file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.data.reading import read
from trainer.data.sources import open_source
from trainer.data.sources.address import local

CALM = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
AWKWARD = [
    "007", "1.10", "1e5", "=1+1", "=cmd|' /C calc'!A0", " spaces ", "a\nb", 'say "hi"', "'", "a,b;c\td|e", "NULL",
    "nan", "TRUE", "שלום", "\u202egpj.exe", "😀👩‍👩‍👧", "\ufeffx", "é", "e\u0301",
    "\\", '\\"', "{}", "[1]", "\u2028", "-", "#N/A", "´`",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), min_size=1),
    st.lists(st.sampled_from(AWKWARD), min_size=1, max_size=4).map("".join),
).filter(str.strip)
PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=8)
NAMES = ("question", "answer")


def rows_of(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [dict(zip(NAMES, pair, strict=True)) for pair in pairs]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@CALM
@given(PAIRS)
def test_csv(tmp_path: Path, delimiter: str, end: str, quoting: int, pairs: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([NAMES, *pairs])
    path = tmp_path / "x.csv"
    path.write_bytes(out.getvalue().encode())
    table = read(path)
    assert table.rows == rows_of(pairs)
    assert {p.rule for p in table.problems} <= {"formula_cells"}


@CALM
@given(PAIRS)
def test_json_in_all_its_shapes(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    rows = rows_of(pairs)
    lines = "\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
    shapes = {
        "x.jsonl": lines.encode(),
        "w.jsonl": lines.encode("utf-16"),
        "x.jsonl.gz": gzip.compress(lines.encode()),
        "x.json": json.dumps(rows).encode(),
        "n.json": json.dumps({"meta": {"n": 1}, "data": {"items": rows}}).encode(),
        "c.json": json.dumps({n: [r[n] for r in rows] for n in NAMES}).encode(),
    }
    for name, raw in shapes.items():
        (tmp_path / name).write_bytes(raw)
        assert read(tmp_path / name).rows == rows, name


FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.one_of(TEXT, st.integers(-(10**30), 10**30), FINITE, st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@CALM
@given(st.lists(st.dictionaries(TEXT, JSON, min_size=1, max_size=4), min_size=1, max_size=5))
def test_any_json_value_survives_and_nothing_is_found_wrong(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8", newline="")
    table = read(path)
    assert table.rows == rows
    assert not table.problems


@CALM
@given(PAIRS)
def test_parquet_and_arrow(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    import pyarrow as pa
    import pyarrow.feather as feather
    import pyarrow.parquet as pq

    rows: list[dict[str, object]] = [r | {"n": i, "list": [r["answer"], None]} for i, r in enumerate(rows_of(pairs))]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "x.parquet")
    feather.write_feather(table, tmp_path / "x.feather")
    with pa.OSFile(str(tmp_path / "x.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    for name in ("x.parquet", "x.feather", "x.arrow"):
        assert read(tmp_path / name).rows == rows, name


@settings(CALM, max_examples=40)
@given(PAIRS)
def test_xlsx(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in [NAMES, *pairs]:
        book.active.append(["x"] * len(row))
        for cell, text in zip(book.active[book.active.max_row], row, strict=True):
            cell.value = text
            cell.data_type = "s"  # a text, whatever it begins with
    book.save(tmp_path / "x.xlsx")
    assert read(tmp_path / "x.xlsx").rows == rows_of(pairs)


@settings(CALM, max_examples=40)
@given(PAIRS)
def test_sqlite(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    (tmp_path / "x.db").unlink(missing_ok=True)
    with sqlite3.connect(tmp_path / "x.db") as base:
        base.execute("create table t (question text, answer text)")
        base.executemany("insert into t values (?, ?)", pairs)
    base.close()
    assert read(local(f"sqlite:///{tmp_path / 'x.db'}#t", tmp_path)).rows == rows_of(pairs)


@CALM
@given(st.lists(TEXT.filter(lambda t: len(t.splitlines()) == 1), min_size=1, max_size=10))
def test_lines_of_text(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "x.txt"
    path.write_text("the first line is prose.\n" + "\n".join(lines), "utf-8", newline="")
    assert [r["text"] for r in read(path).rows][1:] == lines


def test_numbers_keep_how_they_were_written(tmp_path: Path) -> None:
    from trainer.data.sources.numbers import json_text

    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1.10, "b": 12345678901234567890123, "c": 1e3, "d": -0, "e": [2.50]}\n')
    row = read(path).rows[0]
    assert [str(row[name]) for name in "abcd"] == ["1.10", "12345678901234567890123", "1e3", "0"]
    assert row["a"] == 1.1
    assert json_text(row) == '{"a": 1.10, "b": 12345678901234567890123, "c": 1e3, "d": 0, "e": [2.50]}'


def test_typed_columns_become_faithful_text(tmp_path: Path) -> None:
    import datetime
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "price": pa.array([Decimal("1.10"), None]),
            "day": pa.array([datetime.date(2024, 1, 2), None]),
            "at": pa.array([1, None], pa.timestamp("ns")),
            "raw": pa.array([b"abc", b"\xff\x00"]),
            "score": pa.array([float("nan"), 0.5]),
            "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    found = read(tmp_path / "x.parquet")
    assert found.rows[0] == {
        "price": "1.10",
        "day": "2024-01-02",
        "at": "1970-01-01 00:00:00.000000001",
        "raw": "abc",
        "score": "NaN",
        "map": [["k", 1]],
    }
    assert found.rows[1] == {"price": None, "day": None, "at": None, "raw": "/wA=", "score": 0.5, "map": None}
    assert [(p.rule, p.row) for p in found.problems] == [("not_a_number", 1)]


def test_reading_twice_gives_the_same_and_small_chunks_add_up(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "".join(f"{i},x\n" for i in range(100)))
    source = open_source(path)
    small, large = list(source.chunks(7)), list(source.chunks())
    assert [c.first for c in small] == list(range(1, 101, 7))
    assert [r for c in small for r in c.rows] == [r for c in large for r in c.rows]
    assert small[-1].done == source.size
