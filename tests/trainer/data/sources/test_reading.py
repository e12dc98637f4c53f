"""Reading: every kind of file, values unchanged, faults named with their line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trainer.data.sources.damage import damaged_files
from trainer.data.reading import read
from trainer.data.sources import open_source
from trainer.errors import UserFacingError

AWKWARD = st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).filter(str.strip)
CALM = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@CALM
@given(st.lists(st.tuples(AWKWARD, AWKWARD), min_size=1, max_size=8))
def test_csv_values_survive_unchanged(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([("question", "answer"), *rows])
    table = read(write(tmp_path / "x.csv", buffer.getvalue()))
    assert [(r["question"], r["answer"]) for r in table.rows] == rows
    assert not table.problems


@CALM
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.one_of(AWKWARD, st.integers(), st.booleans()), min_size=1),
        min_size=1,
    )
)
def test_jsonl_and_json_values_survive_unchanged(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    lines = "\n".join(json.dumps(r, ensure_ascii=False) for r in rows)
    assert read(write(tmp_path / "x.jsonl", lines)).rows == rows
    assert read(write(tmp_path / "x.json", json.dumps(rows))).rows == rows
    assert read(write(tmp_path / "x.jsonl.gz", gzip.compress(lines.encode()))).rows == rows


def test_leading_zeros_stay(tmp_path: Path) -> None:
    assert read(write(tmp_path / "x.csv", "a,b\n007,1.0\n")).rows == [{"a": "007", "b": "1.0"}]


def test_parquet_values_survive(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"text": "007", "label": "ä"}, {"text": "=cmd", "label": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet").rows == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    text = f"question{delimiter}answer\n" + "\n".join(f"q {i}, really{delimiter}a {i}" for i in range(5))
    text = text if delimiter != "," else text.replace(", really", " really")
    assert len(read(write(tmp_path / "x.csv", text)).rows[0]) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_encodings_are_named_and_read(tmp_path: Path, encoding: str) -> None:
    text = "question,answer\n" + "größe und preis?,schöne grüße aus münchen\n" * 20
    table = read(write(tmp_path / "x.csv", text.encode(encoding)))
    assert table.rows[0]["answer"] == "schöne grüße aus münchen"
    assert table.encoding


def test_a_cut_last_line_is_named_and_the_good_rows_are_offered(tmp_path: Path) -> None:
    table = read(write(tmp_path / "x.jsonl", '{"a":"1"}\n{"a":"2"}\n{"a":"3'))
    assert len(table.rows) == 2
    assert table.problems[0].line == 3
    assert "cut off" in table.problems[0].what


def test_ragged_lines_are_named(tmp_path: Path) -> None:
    table = read(write(tmp_path / "x.csv", "a,b\n1,2\n1,2,3\n4,5\n"))
    assert len(table.rows) == 2
    assert (table.problems[0].line, table.problems[0].what) == (3, "3 fields, 2 expected")


def test_a_stray_quote_is_named_and_an_index_column_is_no_fault(tmp_path: Path) -> None:
    lines = [f"{i},q{i},a{i}" for i in range(200)]
    lines[100] = '100,"q100,a100'
    table = read(write(tmp_path / "x.csv", ",question,answer\n" + "\n".join(lines) + "\n"))
    assert list(table.rows[0]) == ["column_1", "question", "answer"]
    assert table.problems[0].line == 102
    assert "quote opens here" in table.problems[0].what
    assert len(table.rows) == 199  # what the quote swallowed was read line by line


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", b"", "0 rows"),
        ("x.csv", b"prompt,answer\n", "0 rows"),
        ("x.csv", bytes(range(256)) * 40, "not a text file"),
        ("x.docx", b"PK\x03\x04", "ending"),
        ("x.json", b'{"a": 1', "not whole JSON"),
        ("x.json", b"[1, 2]", "not objects"),
        ("x.parquet", b"PAR1 not really", "not a Parquet"),
        ("x.csv.gz", b"\x1f\x8b rubbish", "gzip"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        read(write(tmp_path / name, content))
    assert words in caught.value.sentence()
    assert name in caught.value.sentence()


def test_names_that_stand_twice_are_told_apart(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "x.csv", "a,a,b\n1,2,3\n4,5,6\n"))
    assert next(source.chunks()).rows == [{"a": "1", "a_2": "2", "b": "3"}, {"a": "4", "a_2": "5", "b": "6"}]
    assert source.notes["renamed"] == ["a"]


def test_a_gzip_bomb_is_stopped(tmp_path: Path) -> None:
    bomb = gzip.compress(b'{"a":"' + b"x" * 30_000_000 + b'"}')
    with pytest.raises(UserFacingError, match="times its size"):
        read(write(tmp_path / "x.jsonl.gz", bomb))


def test_deep_nesting_is_a_sentence(tmp_path: Path) -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    with pytest.raises(UserFacingError):
        read(write(tmp_path / "x.json", deep))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_read_or_refused_in_a_sentence(tmp_path: Path, seed: int) -> None:
    """Bytes changed, cut, doubled and put in at random, in every kind of file: a sentence, never a library's error."""
    for number, path in enumerate(damaged_files(tmp_path, random.Random(seed), 60)):
        try:
            read(path)
        except UserFacingError as error:
            assert error.sentence(), number
