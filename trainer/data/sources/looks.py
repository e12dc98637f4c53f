"""What a file is, by its first bytes."""

from __future__ import annotations

import io
import json
import re
import zipfile

from trainer.data.encoding import Encoding
from trainer.data.sources.blob import Blob
from trainer.data.sources.dialect import parsed, sniff
from trainer.errors import UserFacingError

HEAD = 4096
ENDINGS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".ssv": "csv", ".psv": "csv",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".arrow": "arrow",
    ".feather": "arrow", ".ipc": "arrow", ".xlsx": "xlsx", ".xlsm": "xlsx", ".txt": "text", ".md": "text",
    ".text": "text", ".log": "text", ".pdf": "pdf", ".zip": "zip",
}  # fmt: skip
READS = "I read csv, tsv, json, jsonl, parquet, arrow, xlsx, txt, md and pdf (also in .gz, .bz2, .xz and .zip)."
_MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow", b"%PDF": "pdf"}
_OTHERS = {
    b"SQLite format 3\0": ("is an SQLite database", "Name its table: sqlite:///{name}#table."),
    b"\xd0\xcf\x11\xe0": ("is an old or locked Office file", "Save it as .xlsx without a password, or as CSV."),
    b"\x28\xb5\x2f\xfd": ("is packed with zstd", "Unpack it, or pack it with gzip."),
    b"7z\xbc\xaf": ("is packed with 7z", "Unpack it, or pack it as zip."),
    b"Rar!": ("is packed with rar", "Unpack it, or pack it as zip."),
    b"\x89HDF": ("is an HDF5 file", "Export its table as Parquet or CSV."),
    b"\x80\x04": ("is a pickle, which may run code and is never opened", "Export it as Parquet or JSONL."),
    b"\x80\x05": ("is a pickle, which may run code and is never opened", "Export it as Parquet or JSONL."),
}
_NAME = re.compile(r"[\w .#/()\-]{1,40}")


def magic(head: bytes, blob: Blob, ending: str) -> str:
    """The kind of a binary file; '' for what may be text. Raises for binary kinds that are not read."""
    for mark, (what, fix) in _OTHERS.items():
        if head.startswith(mark):
            raise UserFacingError(what, blob.name, fix.format(name=blob.path.name))
    if head[257:262] == b"ustar":
        raise UserFacingError("is a tar archive", blob.name, "Unpack it and name the folder.")
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip_kind(blob, ending)
    found = next((kind for mark, kind in _MAGIC.items() if head.startswith(mark)), "")
    if not found and ENDINGS.get(ending) in ("parquet", "arrow", "xlsx", "pdf", "zip") and b"\0" in head:
        name = {"parquet": "a Parquet", "arrow": "an Arrow", "xlsx": "an Excel", "pdf": "a PDF", "zip": "a zip"}
        raise UserFacingError(f"is not {name[ENDINGS[ending]]} file", blob.name, "Export it again.")
    return found


def _zip_kind(blob: Blob, ending: str) -> str:
    """xlsx or zip; other programs' files that are archives in truth are refused."""
    try:
        with blob.on_disk() as path, zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        if ENDINGS.get(ending) in ("zip", "xlsx"):
            kind = "zip" if ending == ".zip" else "Excel"
            raise UserFacingError(f"is not a whole {kind} file", blob.name, "Pack or save it again.") from None
        raise unknown(blob, ending) from None
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "word/document.xml" in names or "ppt/presentation.xml" in names or "mimetype" in names:
        raise UserFacingError("is an office document", blob.name, "Save its text as .txt, or its table as .xlsx.")
    return "zip"


def unknown(blob: Blob, ending: str) -> UserFacingError:
    """The sentence for a kind that is not read."""
    return UserFacingError(f"has an ending I don't know ({ending or 'none'})", blob.name, READS)


def text_kind(head: bytes, found: Encoding, ending: str, blob: Blob) -> str:
    """jsonl, json, csv or text: what the first lines are, and where they leave it open, what the ending says."""
    text = head[found.mark :].decode(found.codec, "replace").lstrip("\ufeff \r\n\t")
    lines = [line for line in io.StringIO(text) if line.strip()]
    promised = {"tsv": "csv"}.get(ENDINGS.get(ending, ""), ENDINGS.get(ending, ""))
    if text[:1] in ("{", "["):
        return _json_kind(text, lines, promised)
    if promised in ("jsonl", "csv", "json"):
        return promised if promised == "csv" or not _is_table(lines) else "csv"
    return "csv" if _is_table(lines) else "text"


def _json_kind(text: str, lines: list[str], promised: str) -> str:
    if promised in ("csv", "text") and not _list_of(text):
        return promised
    if text.startswith("["):
        return "jsonl" if len(lines) > 1 and all(_whole(line, list) for line in lines[:2]) else "json"
    alone = [_whole(line, dict) for line in lines[:5]]
    if sum(alone) > 1 or (alone[0] and len(lines) > 1):
        return "jsonl"
    if promised == "jsonl":
        return "jsonl" if any(alone) or len(lines) == 1 or _starts_rows(lines) else "json"
    return "json"


def _starts_rows(lines: list[str]) -> bool:
    return sum(line.lstrip().startswith("{") and len(line.strip()) > 1 for line in lines[:20]) > 1


def _list_of(text: str) -> bool:
    """Whether a text begins as a JSON document does, not only with its bracket."""
    return (
        re.match(r'[\[{]\s*(?:[\[{"\d\]}-]|true|false|null|NaN)', text) is not None
        and re.match(r'\[\s*[^\[{"\s\d\]-]|\[\d+\]\s*\w', text) is None
    )


def _whole(line: str, kind: type) -> bool:
    try:
        return isinstance(json.loads(line), kind)
    except (ValueError, RecursionError):
        return False


def _is_table(lines: list[str]) -> bool:
    """Whether text is plainly a table: names at the top, and all lines as wide as these."""
    dialect = sniff(lines[:300])
    found = parsed(lines[:300], dialect, strict=False)
    names = found.records[0] if found.records else []
    if len(names) < 2 or len(found.records) < 4 or dialect.delimiter not in ",;\t|":
        return False
    named = all(_NAME.fullmatch(n) and len(n.split()) <= 4 for n in names) and len(set(names)) == len(names)
    return named and found.share(len(names)) >= 0.98
