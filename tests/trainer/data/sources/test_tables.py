"""Tables as people export them: delimiters, quotes, headers that are there and headers that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.data.sources import Source, open_source


def opened(path: Path, text: str) -> tuple[Source, list[dict[str, object]], list[str]]:
    path.write_text(text, "utf-8", newline="")
    source = open_source(path)
    chunks = list(source.chunks())
    return source, [r for c in chunks for r in c.rows], [p.rule for c in chunks for p in c.problems]


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [("x.csv", ","), ("x.csv", ";"), ("x.tsv", "\t"), ("x.csv", "|"), ("x.csv", ":"), ("x.csv", "^"), ("x.ssv", " ")],
)
def test_any_delimiter(tmp_path: Path, name: str, delimiter: str) -> None:
    lines = [delimiter.join(("name", "city", "code")), *(delimiter.join((f"n{i}", "bonn", f"0{i}")) for i in range(9))]
    source, rows, _ = opened(tmp_path / name, "\n".join(lines))
    assert rows[3] == {"name": "n3", "city": "bonn", "code": "03"}
    assert source.notes["delimiter"] == {"\t": "tab", " ": "space"}.get(delimiter, delimiter)


def test_decimal_commas_do_not_part_cells(tmp_path: Path) -> None:
    _, rows, _ = opened(tmp_path / "x.csv", "a;b\n" + "1,5;2,7\n" * 9)
    assert rows[0] == {"a": "1,5", "b": "2,7"}


def test_one_column_with_commas(tmp_path: Path) -> None:
    lines = ["hello, world", "a, b, c", "plain", "no", "well, yes"] * 5
    source, rows, problems = opened(tmp_path / "x.csv", "text\n" + "\n".join(lines) + "\n")
    assert [r["text"] for r in rows] == lines
    assert source.notes["delimiter"] == "none"
    assert not problems


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("a,b\n" + "'x, y','z'\n" * 5, {"a": "x, y", "b": "z"}),
        ("a,b\n" + '"say \\"hi\\", x",z\n' * 5, {"a": 'say "hi", x', "b": "z"}),
        ("a\tb\n" + '"x" he said\tthe 5" one\n' * 5, {"a": '"x" he said', "b": 'the 5" one'}),
        ("a,b\n" + 'x,it is 5" wide\n' * 5, {"a": "x", "b": 'it is 5" wide'}),
    ],
)
def test_any_quoting(tmp_path: Path, text: str, row: dict[str, str]) -> None:
    _, rows, problems = opened(tmp_path / "x.csv", text)
    assert rows == [row] * 5
    assert not problems


HEADED = [
    "question,answer\nHow do I pay?,By card.\nWhere is it?,Here.\n",
    "name,2019,2020,2021\na,1,2,3\nb,4,5,6\n",
    "id,value\n1,2\n3,4\n",
    ",0,1\n0,a,b\n1,c,d\n",
    "How do I pay by card or cash?,What is your age in years?\nwith my card,12\nin cash,30\n",
    "text,label\nI love it,positive\nI hate it,negative\n" * 1,
    "label,text\n" + "spam,buy now\nham,see you\n" * 5,
    "date,price\n2024-01-01,3.5\n2024-01-02,4\n",
]
HEADLESS = [
    "1,2.5\n3,4.5\n5,6.5\n",
    "I love it,positive\n" + "I hate it,negative\nIt is fine,positive\n" * 5,
    "2024-01-01,3.5\n2024-01-02,4\n2024-01-03,5\n",
    "How do I reset my password?,Click on the link below the form.\nWhere is my parcel now?,It is on its way to you.\n"
    "Can I return the shoes?,You can within thirty days.\nDo you ship to Norway too?,We ship to all of Europe.\n",
]


@pytest.mark.parametrize("text", HEADED)
def test_a_header_is_never_eaten(tmp_path: Path, text: str) -> None:
    source, rows, _ = opened(tmp_path / "x.csv", text)
    assert "header" not in source.notes
    assert len(rows) == text.count("\n") - 1


@pytest.mark.parametrize("text", HEADLESS)
def test_a_table_without_a_header(tmp_path: Path, text: str) -> None:
    source, rows, _ = opened(tmp_path / "x.csv", text)
    assert source.notes["header"] == "none"
    assert list(rows[0]) == [f"column_{i}" for i in range(1, len(rows[0]) + 1)]
    assert len(rows) == text.count("\n")


def test_lines_before_the_header_and_blank_lines(tmp_path: Path) -> None:
    text = "Report of May\n\nid,question,answer\n" + "1,q,a\n\n" * 20 + " \n"
    source, rows, problems = opened(tmp_path / "x.csv", text)
    assert rows == [{"id": "1", "question": "q", "answer": "a"}] * 20
    assert source.notes["preamble"] == 2
    assert not problems


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_named(tmp_path: Path, end: str) -> None:
    source, rows, _ = opened(tmp_path / "x.csv", end.join(["a,b", *["1,2"] * 5]) + end)
    assert rows == [{"a": "1", "b": "2"}] * 5
    assert source.notes["line_ends"] == {"\n": "lf", "\r\n": "crlf", "\r": "cr"}[end]


def test_excel_tells_the_delimiter(tmp_path: Path) -> None:
    source, rows, _ = opened(tmp_path / "x.csv", "\ufeffsep=;\r\na;b\r\n1,1;2\r\n")
    assert rows == [{"a": "1,1", "b": "2"}]
    assert source.encoding == "utf-8-sig"


def test_a_delimiter_at_every_line_end_holds_nothing(tmp_path: Path) -> None:
    _, rows, problems = opened(tmp_path / "x.csv", "a,b\n" + "1,2,\n" * 5)
    assert rows == [{"a": "1", "b": "2"}] * 5
    assert not problems


def test_text_after_a_closing_quote_is_named_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "1,2\n" * 9 + '"x" y,z\n', newline="")
    chunk = next(open_source(path).chunks())
    assert chunk.rows[-1] == {"a": "x y", "b": "z"}
    assert [(p.line, p.rule, p.row) for p in chunk.problems] == [(11, "stray_quote", 10)]


def test_a_quote_never_closed_costs_one_line(tmp_path: Path) -> None:
    lines = [f"{i},q{i}" for i in range(30_000)]
    lines[5] = '5,"q5'
    _source, rows, problems = opened(tmp_path / "x.csv", "id,q\n" + "\n".join(lines) + "\n")
    assert len(rows) == 29_999
    assert problems == ["stray_quote"]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("x.csv", '{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("x.txt", '{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("x.txt", "question,answer\n" + "q,a\n" * 9, "csv"),
        ("x.json", '{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("x.jsonl", '[\n {"a": 1},\n {"a": 2}\n]\n', "json"),
        ("x.dat", "a\tb\n" + "1\t2\n" * 9, "tsv"),
        ("noending", '{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("x.parquet", "question,answer\n" + "q,a\n" * 9, "csv"),
    ],
)
def test_the_content_counts_not_the_ending(tmp_path: Path, name: str, text: str, kind: str) -> None:
    source, rows, problems = opened(tmp_path / name, text)
    assert source.kind == kind
    assert len(rows) in (2, 9)
    assert not problems
    assert "ending" in source.notes or name in ("x.dat", "noending")


@pytest.mark.parametrize(
    "text", ["Well, yes.\nNo, not so, he said.\nSo, so.\nAh, well.\n", "[1] see below\nand more\n", "{curly} words\n"]
)
def test_prose_stays_prose(tmp_path: Path, text: str) -> None:
    source, rows, _ = opened(tmp_path / "x.txt", text)
    assert source.kind == "text"
    assert [r["text"] for r in rows] == text.splitlines()
