"""Small files of every kind, damaged at random."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

ROWS = [{"question": f"where is parcel {i}, ä 你好?", "answer": f"On its way, {i * 7}.", "n": i} for i in range(40)]
PUT_IN = (b'"', b"\n", b",", b"{", b"[", b"\x00", b"\xff", b"\\ud83d", b"NaN", b"\r", b"\xef\xbb\xbf", b'"""', b"1e999")


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out)
    return out.getvalue()


def _workbook() -> bytes:
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in ROWS:
        book.active.append(list(row.values()))
    book.save(out)
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.csv", "q,a\n1,2\n3,4\n")
        packed.writestr("b.csv", "q,a\n5,6\n")
    return out.getvalue()


def _whole() -> dict[str, bytes]:
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    table = "question;answer\n" + "\n".join(f'"{r["question"]}";"{r["answer"]}"' for r in ROWS)
    return {
        "a.jsonl": lines.encode(),
        "a.json": json.dumps({"data": {"items": ROWS}}).encode(),
        "a.csv": table.encode("cp1252", "replace"),
        "a.txt": lines.encode("utf-16"),
        "a.parquet": _parquet(),
        "a.xlsx": _workbook(),
        "a.zip": _zip(),
        "a.csv.gz": gzip.compress(table.encode()),
    }


def _damaged(content: bytes, rng: Random) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 5, 30))):
        at = rng.randrange(len(content) + 1)
        how = rng.random()
        if how < 0.3:
            content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
        elif how < 0.5:
            content = content[:at] + rng.choice(PUT_IN) + content[at:]
        elif how < 0.7:
            content = content[:at] + content[at + rng.randrange(20) :]
        elif how < 0.8:
            content = content[:at]
        else:
            content = content[:at] + content[max(0, at - 50) : at] + content[at:]
    return content


def damaged_files(folder: Path, rng: Random, count: int) -> Iterator[Path]:
    """So many damaged files, one after the other."""
    whole = _whole()
    for number in range(count):
        name = rng.choice(sorted(whole))
        path = folder / f"{number}-{name}"
        path.write_bytes(_damaged(whole[name], rng))
        yield path
