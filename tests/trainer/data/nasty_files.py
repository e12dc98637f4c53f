"""Archives, office files, folders, and things that are no files at all."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import os
import zipfile
from pathlib import Path

from tests.trainer.data.nasty import Nasty, case, csv_text, pairs, put
from tests.trainer.data.nasty_json import qa


@case
def zip_of_csvs(folder: Path) -> Nasty:
    path = folder / "months.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for n in range(3):
            out.writestr(f"month_{n}.csv", csv_text([("question", "answer"), *pairs(20, n)]))
        out.writestr("__MACOSX/._month_0.csv", b"\0\5\26\7")
        out.writestr("readme.txt", "three months of tickets")
    return Nasty(path, rows=60)


@case
def zip_with_a_way_out(folder: Path) -> Nasty:
    path = folder / "slip.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("good.csv", csv_text([("question", "answer"), *pairs(20)]))
        out.writestr("../../escaped.csv", "question,answer\na,b\n")
    return Nasty(path, outcome="refused", says=("escaped.csv",))


@case
def zip_bomb(folder: Path) -> Nasty:
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out, out.open("zeros.csv", "w") as inner:
        for _ in range(100):
            inner.write(b"a" * 1_000_000)
    return Nasty(path, outcome="refused", says=("times",))


@case
def gzip_bomb(folder: Path) -> Nasty:
    path = folder / "bomb.csv.gz"
    with gzip.open(path, "wb") as out:
        for _ in range(100):
            out.write(b"a" * 1_000_000)
    return Nasty(path, outcome="refused", says=("times",))


@case
def half_a_gzip(folder: Path) -> Nasty:
    whole = gzip.compress(csv_text([("question", "answer"), *pairs(300)]).encode())
    return Nasty(put(folder / "half.csv.gz", whole[: len(whole) // 2]), outcome="either", says=("gzip",))


@case
def jsonl_gz(folder: Path) -> Nasty:
    rows = qa(30)
    return Nasty(
        put(folder / "rows.jsonl.gz", gzip.compress("\n".join(json.dumps(r) for r in rows).encode())),
        rows=30,
        whole=tuple(rows),
    )


@case
def xlsx_of_an_office(folder: Path) -> Nasty:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["Kd-Nr.", "Datum", "Frage", "Antwort", "Betrag"])
    for n, (asked, said) in enumerate(pairs(40)):
        sheet.append([f"{n:03d}", datetime.date(2024, 5, n % 28 + 1), asked, said, 12.5])
    sheet.append(["", "", "", "", "=SUM(E2:E41)"])
    sheet["C3"] = '=HYPERLINK("http://evil.example","open")'
    book.create_sheet("Notizen").append(["nur ein Zettel"])
    path = folder / "kunden.xlsx"
    book.save(path)
    return Nasty(path, values=((1, "Kd-Nr.", "000"), (8, "Kd-Nr.", "007")), rules=("formula_cells",))


@case
def xlsx_called_csv(folder: Path) -> Nasty:
    from openpyxl import Workbook

    book = Workbook()
    for row in [("question", "answer"), *pairs(30)]:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return Nasty(put(folder / "renamed.csv", out.getvalue()), outcome="either", says=("xlsx",))


@case
def nested_parquet(folder: Path) -> Nasty:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = []
    for n, (asked, said) in enumerate(pairs(40)):
        turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": said if n % 8 else None}]
        rows.append({"messages": turns, "tags": ["a", None] if n % 3 else None, "id": f"{n:05d}"})
    path = folder / "talks.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=7)
    return Nasty(path, rows=40, formats=("messages",), whole=tuple(rows))


@case
def arrow_stream(folder: Path) -> Nasty:
    import pyarrow as pa

    rows = qa(30)
    table = pa.Table.from_pylist(rows)
    path = folder / "rows.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return Nasty(path, rows=30, whole=tuple(rows))


@case
def cut_parquet(folder: Path) -> Nasty:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "cut.parquet"
    pq.write_table(pa.Table.from_pylist(qa(500)), path)
    return Nasty(put(path, path.read_bytes()[:-200]), outcome="refused", says=("parquet",))


@case
def markdown_with_front_matter(folder: Path) -> Nasty:
    body = "\n\n".join(f"## Question {n}\n\n{a}\n\n{b}" for n, (a, b) in enumerate(pairs(20)))
    text = f"---\ntitle: Handbook\ndate: 2024-01-01\nsecret_draft: true\n---\n\n# Handbook\n\n{body}\n"
    return Nasty(put(folder / "handbook.md", text), formats=("text",))


@case
def pdf_of_two_pages(folder: Path) -> Nasty:
    pages = [[f"Page {p} line {n}: the kettle of the harbour is mended." for n in range(20)] for p in (1, 2)]
    return Nasty(put(folder / "manual.pdf", minimal_pdf(pages)), formats=("text",), says=("kettle",))


@case
def pdf_without_text(folder: Path) -> Nasty:
    return Nasty(put(folder / "scan.pdf", minimal_pdf([[], []])), outcome="refused", says=("text",))


def minimal_pdf(pages: list[list[str]]) -> bytes:
    """A PDF by hand: one font, each line a text operator."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    parts = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, lines in enumerate(pages):
        drawn = "".join(f"1 0 0 1 50 {780 - 20 * i} Tm ({line}) Tj\n" for i, line in enumerate(lines))
        stream = f"BT /F1 12 Tf\n{drawn}ET"
        parts.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        parts.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{part}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode()


@case
def whatsapp_export(folder: Path) -> Nasty:
    lines = ["12.05.24, 09:00 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt."]
    for n, (asked, said) in enumerate(pairs(40)):
        lines.append(f"12.05.24, {9 + n // 10:02d}:{n % 10}1 - Kundin: {asked}")
        lines.append("und noch eine Zeile dazu")
        lines.append(f"12.05.24, {9 + n // 10:02d}:{n % 10}4 - Laden: {said}")
    lines.append("12.05.24, 18:00 - Laden: <Medien ausgeschlossen>")
    return Nasty(put(folder / "WhatsApp Chat mit Laden.txt", "\n".join(lines) + "\n"))


@case
def folder_of_months(folder: Path) -> Nasty:
    months = folder / "tickets"
    months.mkdir()
    for n, header in enumerate([("question", "answer"), ("answer", "question"), ("question", "answer", "rating")]):
        rows = [
            tuple({"question": a, "answer": b, "rating": "5"}[name] for name in header) for a, b in pairs(20, 30 + n)
        ]
        put(months / f"2024-0{n + 1}.csv", csv_text([header, *rows], ",;"[n % 2]))
    put(months / ".DS_Store", b"\0\0\0\1Bud1")
    put(months / "Thumbs.db", b"\0\1")
    return Nasty(months, rows=60, values=((1, "question", pairs(20, 30)[0][0]), (21, "question", pairs(20, 31)[0][0])))


@case
def link_to_a_system_file(folder: Path) -> Nasty:
    path = folder / "x.jsonl"
    path.symlink_to("/etc/passwd")
    return Nasty(path, outcome="refused", hides=("root:",))


@case
def link_to_a_system_file_in_a_folder(folder: Path) -> Nasty:
    inner = folder / "rows"
    inner.mkdir()
    put(inner / "a.csv", csv_text([("text", "label"), *[(a, "x" if len(a) % 2 else "y") for a, _ in pairs(30)]]))
    (inner / "b.csv").symlink_to("/etc/passwd")
    return Nasty(inner, outcome="either", hides=("root:",))


@case
def a_pipe(folder: Path) -> Nasty:
    path = folder / "pipe.jsonl"
    os.mkfifo(path)
    return Nasty(path, outcome="refused", says=("regular file",))


@case
def a_device(folder: Path) -> Nasty:
    return Nasty(Path("/dev/zero"), outcome="refused", says=("regular file",))


@case
def binary_called_txt(folder: Path) -> Nasty:
    return Nasty(put(folder / "photo.txt", bytes(range(256)) * 400), outcome="refused", says=("photo.txt",))


@case
def sqlite_called_jsonl(folder: Path) -> Nasty:
    return Nasty(put(folder / "db.jsonl", b"SQLite format 3\0" + b"\x10\0\1\1" * 500), outcome="refused")


@case
def hard_wrapped_book(folder: Path) -> Nasty:
    import textwrap

    text = "\n\n".join("\n".join(textwrap.wrap(f"{a} {b}", 65)) for a, b in pairs(120))
    return Nasty(put(folder / "book.txt", text + "\n"), rows=120, formats=("text",), rules=("hard_wraps",))


@case
def name_with_everything(folder: Path) -> Nasty:
    rows = qa(30)
    name = "räume ; rm -rf ~ & $(x) 😀 'quote' \"double\".jsonl"
    return Nasty(put(folder / name, "\n".join(json.dumps(r) for r in rows)), rows=30, whole=tuple(rows))
