"""Faults F01 to F15 and F69, injected one by one, with the sentence a person sees."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from trainer.data.reading import read
from trainer.data.sources import ReadProblem
from trainer.data.sources.address import local
from trainer.errors import UserFacingError

ROWS = [{"question": f"question {i}", "answer": f"{i:03d}"} for i in range(51)]
LINES = [json.dumps(r) for r in ROWS]


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UserFacingError) as caught:
        read(path)
    return caught.value.sentence()


def one(path: Path, rows: int) -> ReadProblem:
    """The only problem of a file whose other rows are all read."""
    table = read(path)
    assert len(table.rows) == rows
    (problem,) = table.problems
    return problem


def test_f01_empty_file(tmp_path: Path) -> None:
    said = refusal(put(tmp_path / "x.jsonl", ""))
    assert said.startswith("x.jsonl: has 0 rows: the file is empty. I read csv, tsv, json, jsonl, parquet")


def test_f02_truncated_last_line(tmp_path: Path) -> None:
    problem = one(put(tmp_path / "x.jsonl", "\n".join(LINES)[:-12]), 50)
    assert (problem.line, problem.rule) == (51, "unreadable_lines")
    assert problem.what.startswith("is cut off at column ")


def test_f02_truncated_json_list(tmp_path: Path) -> None:
    problem = one(put(tmp_path / "x.json", json.dumps(ROWS, indent=1)[:-40]), 50)
    assert "is cut off" in problem.what or "is not JSON" in problem.what
    assert problem.what.endswith("what follows is not read")


def test_f03_bad_line_in_the_middle(tmp_path: Path) -> None:
    problem = one(put(tmp_path / "x.jsonl", "\n".join([*LINES[:20], "{oops}", *LINES[20:]])), 51)
    assert problem.line == 21
    assert problem.what.startswith("is not JSON at column 2 (")
    assert "{oops}" in problem.what


def test_f04_a_byte_that_is_not_utf8(tmp_path: Path) -> None:
    problem = one(put(tmp_path / "x.jsonl", "\n".join(LINES).encode() + b"\n\xe9"), 51)
    assert (problem.line, problem.rule) == (52, "bad_bytes")
    assert problem.what == "holds a byte that is not utf-8: e9 at byte 1, 'é' if it is windows-1252"


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig"])
def test_f05_utf16_and_marks(tmp_path: Path, codec: str) -> None:
    table = read(put(tmp_path / "x.jsonl", "\n".join(LINES).encode(codec)))
    assert (table.rows, table.encoding) == (ROWS, codec)


def test_f06_mixed_types_are_not_coerced(tmp_path: Path) -> None:
    rows = [{"completion": "007"}, {"completion": {"a": 1}}, {"completion": 7}]
    assert read(put(tmp_path / "x.jsonl", "\n".join(map(json.dumps, rows)))).rows == rows


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_f07_not_a_number(tmp_path: Path, name: str) -> None:
    rows = ['{"s": 1}', '{"s": NaN}', '{"s": -Infinity}', '{"s": null}', '{"s": "NaN"}']
    table = read(put(tmp_path / name, "\n".join(rows) if name == "x.jsonl" else f"[{','.join(rows)}]"))
    assert [r["s"] for r in table.rows] == [1, "NaN", "-Infinity", None, "NaN"]
    assert [(p.rule, p.row) for p in table.problems] == [("not_a_number", 2), ("not_a_number", 3)]
    assert table.problems[0].what == "holds NaN, which is not a number; it is kept as text"


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
@pytest.mark.parametrize(
    "row", ['{"text":"a","text":"b"}', '{"text" :"a", "text": "b"}', '{"x":{"text":"a","text":"b"}}']
)
def test_f08_duplicate_keys(tmp_path: Path, name: str, row: str) -> None:
    fine = [
        '{"text": "a \\":\\": b", "x": ":"}',
        '{"text": "{\\"a\\": 1, \\"a\\": 2}"}',
        '{"a\\\\": {"a\\\\": "\\":"}}',
    ]
    rows = [*fine, row, *fine]
    table = read(put(tmp_path / name, "\n".join(rows) if name == "x.jsonl" else f"[{','.join(rows)}]"))
    assert len(table.rows) == 7
    (problem,) = table.problems
    assert (problem.rule, problem.row) == ("duplicate_keys", 4)
    assert problem.what == 'has the key \'text\' twice: "a" and "b"; the last one is used'


MEMORY = """
import sys
from pathlib import Path
from trainer.data.reading import read
from trainer.errors import UserFacingError
try:
    table = read(Path(sys.argv[1]))
    print(len(table.rows), [(p.line, p.rule, p.what) for p in table.problems])
except UserFacingError as error:
    print(error.sentence())
# the peak of this process; ru_maxrss would also count its parent's
print(int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) // 1024)
"""


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.txt"])
def test_f09_a_huge_line_stays_small_in_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as out:
        out.write({"x.jsonl": b'{"text": "', "x.csv": b"text,n\na,1\n", "x.txt": b"short\n"}[name])
        out.seek(300_000_000, os.SEEK_CUR)  # a hole: zero bytes that take no room on the disk
        for _ in range(3):
            out.write(b"x" * 1_000_000)
        out.write(b'"}\n' + {"x.jsonl": b'{"text": "b"}\n', "x.csv": b"b,2\n", "x.txt": b"b\n"}[name])
    command = [sys.executable, "-c", MEMORY, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    said, peak = done.stdout.splitlines()
    assert "MB long; I read lines up to 50 MB" in said or "not a text file" in said
    assert int(peak) < 400
    path.unlink()


@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
@pytest.mark.parametrize("depth", [150, 2_000, 100_000])
def test_f10_deep_nesting(tmp_path: Path, name: str, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    path = put(tmp_path / name, deep if name == "x.json" else f'{{"a": 1}}\n{deep}\n')
    if name == "x.json" and depth > 1000:
        assert refusal(path) == "x.json: is nested too deeply at line 1. Flatten it."
    elif name == "x.jsonl":
        assert one(path, 1) == ReadProblem(2, "is nested too deeply")


@pytest.mark.parametrize("how", ["gz", "zip", "bz2", "xz"])
def test_f11_bombs(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import bz2
    import lzma

    monkeypatch.setenv("TUNESMITH_HOME", str(tmp_path / "home"))
    text = b'{"a":"' + b"x" * 60_000_000 + b'"}\n'
    path = tmp_path / f"x.jsonl.{how}"
    if how == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("x.jsonl", text)
    else:
        put(path, {"gz": gzip, "bz2": bz2, "xz": lzma}[how].compress(text))  # type: ignore[attr-defined]
    assert "times its size" in refusal(path)
    assert not [p for p in (tmp_path / "home").rglob("*") if p.is_file()]


def test_f11_an_absolute_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.data.sources import blob

    monkeypatch.setattr(blob, "MAX_UNPACKED", 1_500_000)
    path = put(tmp_path / "x.jsonl.gz", gzip.compress(os.urandom(200_000).hex().encode() * 4))
    assert "grows to more than 2 MB when unpacked (the most I unpack)" in refusal(path)


def zipped(path: Path, names: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, content in names.items():
            out.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../../x.jsonl", "/etc/x.jsonl", "a/../../x.jsonl", "..\\x.jsonl", "C:/x.jsonl"])
def test_f12_names_that_point_outside(tmp_path: Path, name: str) -> None:
    said = refusal(zipped(tmp_path / "x.zip", {"good.jsonl": LINES[0], name: LINES[1]}))
    assert "holds a file whose name points outside" in said
    assert "x.jsonl" in said


def test_f12_links_and_archives_in_archives(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.jsonl")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        out.writestr(link, "/etc/passwd")
    assert "x.zip: holds a link: 'link.jsonl'." in refusal(tmp_path / "x.zip")
    inner = zipped(tmp_path / "inner.zip", {"a.jsonl": LINES[0]}).read_bytes()
    assert "an archive in the archive: 'b.zip'" in refusal(zipped(tmp_path / "y.zip", {"b.zip": inner}))
    assert "archive in an archive" in refusal(zipped(tmp_path / "z.zip", {"b.csv": inner}))


@pytest.mark.parametrize("how", [read, lambda path: local(str(path), path.parent)])
def test_f13_links_pipes_and_devices(tmp_path: Path, how: object) -> None:
    (tmp_path / "link.jsonl").symlink_to("/etc/passwd")
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    for path, words in {
        tmp_path / "link.jsonl": "is a link to a place outside its folder. Name the file itself.",
        tmp_path / "loop.jsonl": ".",
        tmp_path / "pipe.jsonl": "is not a regular file.",
        Path("/dev/zero"): "is not a regular file.",
        Path("/proc/self/environ"): "is not a regular file.",
        tmp_path: "holds no data file that I can read",
    }.items():
        if path == tmp_path and how is not read:
            continue
        with pytest.raises(UserFacingError) as caught:
            how(path)  # type: ignore[operator]
        assert words in caught.value.sentence()
        assert "root:" not in caught.value.sentence()


def test_f14_ragged_rows(tmp_path: Path) -> None:
    problem = one(put(tmp_path / "x.csv", "a,b\n1,2\n1,2,3\n4,5\n"), 2)
    assert problem == ReadProblem(3, "3 fields, 2 expected", "ragged_rows")


def test_f14_a_quote_that_is_not_closed(tmp_path: Path) -> None:
    lines = [f"{i},q{i},a{i}" for i in range(50)] + [f'{i},"q, {i}","a\n{i}"' for i in range(50, 100)]
    lines[20] = '20,"q20,a20'
    problem = one(put(tmp_path / "x.csv", "id,q,a\n" + "\n".join(lines) + "\n"), 99)
    assert (problem.line, problem.rule) == (22, "stray_quote")
    assert problem.what.startswith("a quote opens here and closes ")
    assert problem.what.endswith("later: is one missing?")


def test_f15_formula_cells(tmp_path: Path) -> None:
    text = "q,a\nfine,=) smile\n\"=cmd|' /C calc'!A0\",x\n-5,+49 30 1\n@SUM(A1),x\n=1+1,a@b.de\n"
    table = read(put(tmp_path / "x.csv", text))
    assert len(table.rows) == 5
    assert [(p.rule, p.row) for p in table.problems] == [
        ("formula_cells", 2),
        ("formula_cells", 4),
        ("formula_cells", 5),
    ]
    assert table.problems[0].what == "has a cell in q that a spreadsheet would run as a formula"


def test_f15_formulas_of_a_workbook(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in [("q", "n"), ("a", 1), ("b", "=1+1"), ("c", 3)]:
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    table = read(tmp_path / "x.xlsx")
    assert [r["n"] for r in table.rows] == [1, None, 3]
    assert table.problems == [ReadProblem(3, "has a formula in n; its last value is used", "formula_cells", 2)]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data", "https://user:pa55word@example.org/x.csv?key=pa55word",
        "ftp://example.org/x.csv", "file:///etc/passwd", "s3://bucket/x.csv", "gopher://127.0.0.1:70/x",
    ],
)  # fmt: skip
def test_f69_addresses_are_not_opened(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserFacingError, match="is an address") as caught:
        local(address, tmp_path)
    assert "I open files, not addresses" in caught.value.sentence()
    assert "pa55word" not in caught.value.sentence()
    assert "Write hf://org/x." in _page(tmp_path)


def _page(home: Path) -> str:
    with pytest.raises(UserFacingError) as caught:
        local("https://huggingface.co/datasets/org/x", home)
    return caught.value.sentence()


@pytest.mark.parametrize(
    "text", ["", "no such file.csv", "x" * 5000, "a\0b", "~nobody-at-all/x", "./data/none.jsonl", "org/none.csv"]
)
def test_what_is_no_path_is_a_sentence(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserFacingError):
        local(text, tmp_path)
