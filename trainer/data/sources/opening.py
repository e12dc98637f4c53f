"""Which reader a file needs, by its content first and its ending second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from trainer.data.encoding import Encoding, detect
from trainer.data.sources import archive, lines
from trainer.data.sources.big_document import BigDocument, prefix_of
from trainer.data.sources.blob import PACKINGS, Blob, plain, unpacked
from trainer.data.sources.columnar import Columnar, sample_share
from trainer.data.sources.damaged import Guarded, told
from trainer.data.sources.delimited import Delimited
from trainer.data.sources.document import WHOLE, JsonDocument, load
from trainer.data.sources.folder import files_in, together
from trainer.data.sources.jsonl import FEW, JsonLines
from trainer.data.sources.looks import ENDINGS, HEAD, READS, magic, text_kind
from trainer.data.sources.pdf import Pdf
from trainer.data.sources.plain import PlainText, is_wrapped
from trainer.data.sources.regular import regular
from trainer.data.sources.sheet import Workbook, tables_of
from trainer.data.sources.source import Source
from trainer.data.sources.tables import begins_record, open_table
from trainer.errors import UserFacingError


def open_source(path: Path, sample: bool = False) -> Source:
    """Look at a file or folder; its rows come from `chunks`. Raises UserFacingError when it can't be read.

    With `sample` a file over 3 GB gives evenly spread parts of itself, and its notes say how large a share.
    """
    with told(path.name):
        if path.is_dir():
            found, left = files_in(path)
            return Guarded(together(path, "folder", {n: _later(plain(p), sample) for n, p in found.items()}, left))
        return Guarded(_open(plain(regular(path)), sample))


def _later(blob: Blob, sample: bool) -> Callable[[], Source]:
    return lambda: _open(blob, sample)


def _open(blob: Blob, sample: bool) -> Source:
    """A blob's source. Packed ones are opened for what is inside."""
    head = blob.head(HEAD)
    ending = _ending(blob, head)
    how = next((name for mark, name in PACKINGS.items() if head.startswith(mark)), None)
    if how and not blob.packed:
        return _open(unpacked(blob, how), sample=False)
    if not head.strip():
        raise UserFacingError("has 0 rows: the file is empty", blob.name, READS)
    kind = magic(head, blob, ending)
    if kind == "zip":
        return _zip(blob, sample)
    if kind in _BINARY:
        source = _BINARY[kind](blob, kind, sample)
    else:
        source = _text(blob, ending, sample)
    _say_ending(source, ending)
    return source


def _ending(blob: Blob, head: bytes) -> str:
    name = PurePosixPath(blob.name.lower())
    return PurePosixPath(name.stem).suffix if name.suffix in (".gz", ".bz2", ".xz") else name.suffix


def _say_ending(source: Source, ending: str) -> None:
    """Note it when the content is not what the ending says."""
    if ENDINGS.get(ending, source.kind) != source.kind and {ENDINGS.get(ending), source.kind} != {"csv", "tsv"}:
        source.notes["ending"] = f"is called {ending} but holds {source.kind}"


def _zip(blob: Blob, sample: bool) -> Source:
    if blob.packed:
        raise UserFacingError("holds an archive in an archive", blob.name, "Unpack the inner one and name that.")
    found = archive.members(blob)
    if len(found) == 1:
        return _open(found[0], sample)
    return together(blob.path, "zip", {m.name.removeprefix(f"{blob.name}/"): _later(m, sample) for m in found}, {})


def _columnar(blob: Blob, kind: str, sample: bool) -> Source:
    large = sample and not blob.packed and blob.size > lines.SAMPLE_OVER
    share = sample_share(blob.path, kind) if large else 1.0
    notes: dict[str, Any] = {"sampled_share": share} if share < 1 else {}
    return Columnar(blob, kind, Encoding("", kind), notes, share < 1)


def _workbook(blob: Blob, kind: str, sample: bool) -> Source:
    tables, left = tables_of(blob)
    notes: dict[str, Any] = {"sheets": [t.sheet for t in tables]}
    if left:
        notes["left_out"] = dict.fromkeys(left, "has other columns")
    if not tables[0].named:
        notes["header"] = "none"
    return Workbook(blob, kind, Encoding("", kind), notes, tables)


def _pdf(blob: Blob, kind: str, sample: bool) -> Source:
    return Pdf(blob, kind, Encoding("", kind))


_BINARY: dict[str, Callable[[Blob, str, bool], Source]] = {
    "parquet": _columnar,
    "arrow": _columnar,
    "xlsx": _workbook,
    "pdf": _pdf,
}


def _text(blob: Blob, ending: str, sample: bool) -> Source:
    large = sample and not blob.packed and blob.size > lines.SAMPLE_OVER
    looked = lines.sampled(blob, bool) if large else blob
    head = blob.head(lines.LOOKED_AT)
    few = FEW if ENDINGS.get(ending) in ("jsonl", "json") or head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" else 0.0
    with looked.opened() as (stream, _):
        found = detect(stream, blob.name, few)
    kind = text_kind(head, found, ending, blob)
    notes: dict[str, Any] = {"line_ends": lines.line_ends(head, found)}
    source = _TEXT[kind](blob, found, notes, ending)
    return _sampled(source, head) if large and not found.wide and isinstance(source, _BY_LINE) else source


def _jsonl(blob: Blob, found: Encoding, notes: dict[str, Any], ending: str) -> Source:
    return JsonLines(blob, "jsonl", found, notes)


def _json(blob: Blob, found: Encoding, notes: dict[str, Any], ending: str) -> Source:
    with blob.opened() as (stream, _):
        raw = stream.read(WHOLE + 1)
    if len(raw) > WHOLE:
        prefix = prefix_of(blob, found)
        return BigDocument(blob, "json", found, notes | {"prefix": prefix, "key": prefix.removesuffix(".item")})
    text = raw[found.mark :].decode(found.codec, "replace")
    loaded = load(text, blob.name)
    if loaded.records.key:
        notes["key"] = loaded.records.key
    if loaded.records.left:
        notes["left_out"] = dict.fromkeys(loaded.records.left, "is another list")
    return JsonDocument(blob, "json", found, notes, loaded.records, loaded.problems, loaded.doubtful)


def _plain(blob: Blob, found: Encoding, notes: dict[str, Any], ending: str) -> Source:
    text = blob.head(lines.LOOKED_AT)[found.mark :].decode(found.codec, "replace")
    return PlainText(blob, "text", found, notes | {"wrapped": is_wrapped(text.splitlines())})


_TEXT: dict[str, Callable[[Blob, Encoding, dict[str, Any], str], Source]] = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": open_table,
    "text": _plain,
}
_BY_LINE = (JsonLines, Delimited, PlainText)


def _sampled(source: JsonLines | Delimited | PlainText, head: bytes) -> Source:
    """The same source over evenly spread blocks of whole records."""
    begins: Callable[[bytes], bool] = bool
    if isinstance(source, Delimited):
        begins = begins_record(source.dialect, len(source.header), source.found.codec)
    share = min(1.0, lines.SAMPLE_BLOCKS * lines.SAMPLE_BYTES / source.size)
    notes = source.notes | {
        "sampled_share": round(share, 4),
        "rows_count": "over the sample, not the file: row and line numbers are no places in the file",
    }
    return replace(source, blob=lines.sampled(source.blob, begins), notes=notes)
