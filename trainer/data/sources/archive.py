"""Zip archives: read member by member where they lie, nothing written, nothing that points outside."""

from __future__ import annotations

import io
import stat
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath
from typing import BinaryIO

from trainer.data.sources.blob import Blob, Guarded, Position, allowed
from trainer.errors import UserFacingError

_NESTED = (".zip", ".gz", ".bz2", ".xz", ".tar", ".tgz", ".7z", ".rar", ".zst")
MAX_MEMBERS = 10_000


def members(blob: Blob) -> list[Blob]:
    """The files in an archive, in order of their names; raises UserFacingError for one that is not safe."""
    try:
        with zipfile.ZipFile(blob.path) as archive:
            items = sorted(archive.infolist(), key=lambda item: item.filename)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UserFacingError(f"is not a whole zip file ({error})", blob.name, "Pack it again.") from None
    if len(items) > MAX_MEMBERS:
        raise UserFacingError(f"holds {len(items)} files; I read up to {MAX_MEMBERS}", blob.name, "Split it.")
    for item in items:
        _refuse(item, blob)
    _refuse_bomb(items, blob)
    return [_member(blob, item) for item in items if not item.is_dir() and not _hidden(item.filename)]


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _refuse(item: zipfile.ZipInfo, blob: Blob) -> None:
    name, parts = item.filename, item.filename.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise UserFacingError(
            f"holds a file whose name points outside: {name!r}", blob.name, "Pack the files anew, without such names."
        )
    if stat.S_ISLNK(item.external_attr >> 16):
        raise UserFacingError(f"holds a link: {name!r}", blob.name, "Pack the file itself.")
    if item.flag_bits & 1:
        raise UserFacingError(f"is locked with a password ({name!r})", blob.name, "Unpack it yourself.")
    if name.lower().endswith(_NESTED) and not _hidden(name):
        raise UserFacingError(
            f"holds an archive in the archive: {name!r}", blob.name, "Unpack the inner one and name that."
        )


def _refuse_bomb(items: list[zipfile.ZipInfo], blob: Blob) -> None:
    limit, why = allowed(blob.size)
    size = sum(item.file_size for item in items)
    if size > limit:
        raise UserFacingError(
            f"grows to {size / 1e6:.0f} MB when unpacked, more than {limit / 1e6:.0f} MB ({why})",
            blob.name,
            "Unpack it yourself if you trust it.",
        )


def _member(blob: Blob, item: zipfile.ZipInfo) -> Blob:
    """A file in the archive as bytes of their own; no more than its entry promises is read."""

    def begin() -> tuple[BinaryIO, Position]:
        archive = zipfile.ZipFile(blob.path)
        inner = archive.open(item)
        guarded = Guarded(inner, item.file_size, blob.name, "what its entry promises", "zip", also=archive.fp)
        return io.BufferedReader(guarded, 1 << 18), lambda: item.compress_size - inner._compress_left  # type: ignore[attr-defined]

    return replace(blob, name=f"{blob.name}/{item.filename}", size=item.compress_size, begin=begin, packed="zip")
