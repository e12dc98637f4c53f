"""JSON documents of every shape, workbooks, PDFs, archives, folders, and samples of large files."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from trainer.data.reading import read
from trainer.data.sources import fingerprint, open_source
from trainer.errors import UserFacingError

ROWS = [{"q": f"q{i}", "a": i} for i in range(6)]


def put(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.mark.parametrize(
    ("document", "rows", "key"),
    [
        (ROWS, ROWS, None),
        ({"data": ROWS}, ROWS, "data"),
        ({"meta": {"tags": ["a"]}, "data": {"count": 6, "items": ROWS}}, ROWS, "data.items"),
        ({"q": [r["q"] for r in ROWS], "a": [r["a"] for r in ROWS]}, ROWS, None),
        ({"k1": ROWS[0], "k2": ROWS[1]}, [{"id": "k1", **ROWS[0]}, {"id": "k2", **ROWS[1]}], None),
        ({"k1": {"id": 1, "q": "x"}, "k2": {"id": 2, "q": "y"}}, [{"id": 1, "q": "x"}, {"id": 2, "q": "y"}], None),
        (["one", "two"], [{"text": "one"}, {"text": "two"}], None),
        ([["q", "a"], ["x", "y"]], [{"q": "x", "a": "y"}], None),
        ([[1, "x"], [2, "y"]], [{"column_1": 1, "column_2": "x"}, {"column_1": 2, "column_2": "y"}], None),
        ({"columns": ["q", "a"], "index": [0], "data": [["x", 1]]}, [{"q": "x", "a": 1}], "data"),
        ({"q": {"0": "x", "1": "y"}, "a": {"0": 1, "1": 2}}, [{"q": "x", "a": 1}, {"q": "y", "a": 2}], None),
        ({"train": ROWS, "test": ROWS[:2]}, ROWS, "train"),
    ],
)
def test_the_rows_of_a_document(tmp_path: Path, document: Any, rows: list[Any], key: str | None) -> None:
    source = open_source(put(tmp_path / "x.json", document))
    assert [r for c in source.chunks() for r in c.rows] == rows
    assert source.notes.get("key") == key


def test_bad_entries_are_named_by_their_place(tmp_path: Path) -> None:
    table = read(put(tmp_path / "x.json", [ROWS[0], 7, ROWS[1], None, "x"]))
    assert table.rows == ROWS[:2]
    assert [(p.line, p.what) for p in table.problems] == [
        (2, "(entry 2 of the list) is a number, unlike the others"),
        (4, "(entry 4 of the list) is nothing (null), unlike the others"),
        (5, "(entry 5 of the list) is a text, unlike the others"),
    ]


def test_objects_one_after_another(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(r, indent=2) for r in ROWS)
    table = read(put(tmp_path / "x.json", text.encode()))
    assert table.rows == ROWS
    assert not table.problems


@pytest.mark.parametrize(
    "document", [ROWS, {"meta": {"n": 1}, "data": {"items": ROWS}}, {"k1": ROWS[0], "k2": ROWS[1]}]
)
def test_a_large_document_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Any) -> None:
    from trainer.data.sources import opening

    path = put(tmp_path / "x.json", document)
    whole = read(path).rows
    monkeypatch.setattr(opening, "WHOLE", 10)
    assert type(open_source(path).source).__name__ == "BigDocument"  # type: ignore[attr-defined]
    assert read(path).rows == whole


def test_a_large_document_that_breaks_off_keeps_its_good_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.data.sources import opening

    monkeypatch.setattr(opening, "WHOLE", 10)
    table = read(put(tmp_path / "x.json", json.dumps([{"a": 1.10}] * 9).replace("1.1", "1.10")[:-20].encode()))
    assert [str(r["a"]) for r in table.rows] == ["1.10"] * 7
    assert len(table.problems) == 1


def test_a_workbook(tmp_path: Path) -> None:
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "may"
    book.active.append(["The tickets of May"])
    book.active.append([])
    for sheet, n in ((book.active, 5), (book.create_sheet("june"), 3)):
        sheet.append(["code", "n", "day", "at", "ok", None])
        for i in range(n):
            sheet.append([f"00{i}", i, datetime.date(2024, 5, 1), datetime.datetime(2024, 5, 1, 9, 30), True, None])
    book.create_sheet("notes").append(["something else"])
    book.save(tmp_path / "x.xlsx")
    source = open_source(tmp_path / "x.xlsx")
    chunks = list(source.chunks())
    rows = [r for c in chunks for r in c.rows]
    assert rows[0] == {"code": "000", "n": 0, "day": "2024-05-01", "at": "2024-05-01 09:30:00", "ok": True}
    assert (len(rows), source.notes["sheets"], list(source.notes["left_out"])) == (8, ["may", "june"], ["notes"])
    assert [(c.first, c.file) for c in chunks] == [(1, "may"), (6, "june")]


def test_not_every_office_file_is_a_table(tmp_path: Path) -> None:
    for name, head, words in [
        ("x.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 100, "old or locked Office file"),
        ("x.xlsx", b"PK\x03\x04 broken", "not a whole Excel file"),
        ("x.db", b"SQLite format 3\0", "sqlite:///x.db#table"),
        ("x.pkl", b"\x80\x04\x95", "never opened"),
        ("x.pdf", b"%PDF-1.4 broken", "not a PDF that I can read"),
    ]:
        with pytest.raises(UserFacingError, match=words):
            read(put(tmp_path / name, head))


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zip"])
@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "parquet"])
def test_packed_files(tmp_path: Path, how: str, kind: str, home: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "raw.parquet")
    raw = {
        "jsonl": "\n".join(map(json.dumps, ROWS)).encode(),
        "json": json.dumps(ROWS).encode(),
        "csv": b"q,a\n" + b"".join(f"{r['q']},{r['a']}\n".encode() for r in ROWS),
        "parquet": (tmp_path / "raw.parquet").read_bytes(),
    }[kind]
    path = tmp_path / f"x.{kind}.{how}"
    if how == "zip":
        with zipfile.ZipFile(path, "w") as out:
            out.writestr(f"x.{kind}", raw)
    else:
        put(path, {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[how](raw))
    wanted = [{k: str(v) for k, v in r.items()} for r in ROWS] if kind == "csv" else ROWS
    table = read(path)
    assert (table.rows, table.kind) == (wanted, kind)
    assert not list((home / "unpacked").glob("*")), "nothing stays unpacked"


def test_a_folder_is_one_data_set(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    put(folder / "a.jsonl", b'{"q": "1", "a": "x"}\n{oops}\n')
    put(folder / "deep" / "b.csv", b"q,a\n2,y\n3,z,w\n")
    put(folder / "other.csv", b"name,street\nx,y\n")
    put(folder / "LICENCE.txt", b"free for all")
    put(folder / ".hidden.jsonl", b'{"q": "no", "a": "no"}\n')
    (folder / "out.jsonl").symlink_to("/etc/passwd")
    before = fingerprint(folder)
    source = open_source(folder)
    chunks = list(source.chunks())
    assert [(c.file, c.first, [r["q"] for r in c.rows]) for c in chunks] == [
        ("a.jsonl", 1, ["1"]),
        ("deep/b.csv", 2, ["2"]),
    ]
    assert [(p.line, p.file, p.rule) for c in chunks for p in c.problems] == [
        (2, "a.jsonl", "unreadable_lines"),
        (3, "deep/b.csv", "ragged_rows"),
    ]
    assert source.notes["left_out"] == {
        "LICENCE.txt": "speaks about the data",
        "other.csv": "has other columns",
        "out.jsonl": "is a link to a file outside the folder",
    }
    assert read(folder).fingerprint == before
    put(folder / "a.jsonl", b'{"q": "1", "a": "changed"}\n')
    assert fingerprint(folder) != before


def test_a_zip_of_files_reads_like_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        for name in ("b.csv", "a.csv"):
            out.writestr(name, f"q,a\n{name},1\n")
        out.writestr("__MACOSX/._a.csv", b"\0\1")
    assert [r["q"] for r in read(tmp_path / "x.zip").rows] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.txt"])
def test_a_large_file_is_sampled_honestly(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.data.sources import lines

    monkeypatch.setattr(lines, "SAMPLE_OVER", 100_000)
    monkeypatch.setattr(lines, "SAMPLE_BYTES", 2_000)
    write = {
        "x.jsonl": lambda i: json.dumps({"text": f"row {i:06d} " + "x" * (i % 50)}),
        "x.csv": lambda i: f'"row {i:06d} ""a"",\nb","{"y" * (i % 50)}"',
        "x.txt": lambda i: f"row {i:06d} " + "x" * (i % 50),
    }[name]
    head = "text,more\n" if name == "x.csv" else ""
    path = put(tmp_path / name, (head + "\n".join(map(write, range(20_000))) + "\n").encode())
    source = open_source(path, sample=True)
    chunks = list(source.chunks())
    numbers = [int(r["text"].split()[1]) for c in chunks for r in c.rows]
    assert numbers == sorted(set(numbers)), "no row twice, none out of order"
    assert not [p for c in chunks for p in c.problems], "no row is cut"
    assert numbers[0] == 0
    assert numbers[-1] > 19_000
    assert 0.05 < source.notes["sampled_share"] < 0.4
    assert abs(len(numbers) / 20_000 - source.notes["sampled_share"]) < 0.1
    assert "no places in the file" in source.notes["rows_count"]
    assert len(next(iter(open_source(path).chunks(10**6))).rows) == 20_000, "without a sample all is read"


def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    path = put(tmp_path / "x.csv", b"a,b\n1,2\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(UserFacingError, match="cannot be opened"):
        read(path)
