"""Bytes that can be read again from their start: a file, a packed file, a member of an archive."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO

from trainer import paths
from trainer.errors import UserFacingError

MAX_RATIO = 200
"""A packed file that grows by more than this is taken for a bomb."""
MAX_UNPACKED = 20_000_000_000
"""Most bytes read out of a packed file; nothing of them is written to the disk."""
MAX_ON_DISK = 4_000_000_000
"""Most bytes unpacked to the disk, for kinds that can't be read as a stream."""
SMALL = 1_000_000
"""Below this many bytes no ratio is suspicious."""
Position = Callable[[], int]
_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class Blob:
    """Something with bytes. `begin` opens it anew: (stream, how far its size has been read)."""

    path: Path
    """The file a person named."""
    name: str
    """How it is called in sentences."""
    size: int
    """Bytes on disk."""
    begin: Callable[[], tuple[BinaryIO, Position]]
    packed: str = ""
    """gz, bz2, xz, zip; empty for a plain file."""

    @contextmanager
    def opened(self) -> Iterator[tuple[BinaryIO, Position]]:
        """The stream from its start, closed in the end."""
        stream, position = self.begin()
        with stream:
            yield stream, position

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.opened() as (stream, _):
            return stream.read(size)

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """A plain file with the bytes, for readers that jump; unpacked within limits and removed again."""
        if not self.packed:
            yield self.path
            return
        folder = paths.home() / "unpacked"
        folder.mkdir(exist_ok=True)
        room = min(MAX_ON_DISK, shutil.disk_usage(folder).free // 2)
        with tempfile.TemporaryDirectory(dir=folder) as inner:
            target = Path(inner) / "data"
            with self.opened() as (stream, _), target.open("wb") as out:
                shutil.copyfileobj(Guarded(stream, room, self.name, "half the free disk or 4 GB"), out, 1 << 20)
            yield target


def plain(path: Path) -> Blob:
    """The bytes of a file as they are."""

    def begin() -> tuple[BinaryIO, Position]:
        file = path.open("rb", buffering=1 << 18)
        return file, file.tell

    return Blob(path, path.name, path.stat().st_size, begin)


def _unpacking(how: str, raw: BinaryIO) -> IO[bytes]:
    match how:
        case "gz":
            return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]
        case "bz2":
            return bz2.BZ2File(raw)
        case _:
            return lzma.LZMAFile(raw)


PACKINGS = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ": "xz"}
"""First bytes of packed files."""


def unpacked(blob: Blob, how: str) -> Blob:
    """The bytes inside a gz, bz2 or xz file, watched for bombs."""
    limit, why = allowed(blob.size)

    def begin() -> tuple[BinaryIO, Position]:
        raw, position = blob.begin()
        inner = Guarded(_unpacking(how, raw), limit, blob.name, why, how, also=raw)
        return io.BufferedReader(inner, 1 << 18), position

    return replace(blob, begin=begin, packed=how)


def allowed(size: int) -> tuple[int, str]:
    """Most bytes that may come out of so many packed ones, and the words for it."""
    most = max(SMALL, size * MAX_RATIO)
    if most <= MAX_UNPACKED:
        return most, f"{MAX_RATIO} times its size"
    return MAX_UNPACKED, "the most I unpack"


class Guarded(io.RawIOBase):
    """A stream that stops with a sentence when more comes out than allowed, or when it is broken."""

    def __init__(
        self, inner: IO[bytes], limit: int, name: str, why: str, how: str = "", also: IO[bytes] | None = None
    ) -> None:
        super().__init__()
        self._inner, self._also = inner, also
        self._limit, self._left, self._name, self._why, self._how = limit, limit, name, why, how

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer; raises UserFacingError past the limit."""
        try:
            data = self._inner.read(len(buffer))
        except _BROKEN as error:
            kind = {"gz": "gzip"}.get(self._how, self._how or "packed")
            raise UserFacingError(f"is not a whole {kind} file ({error})", self._name, "Pack it again.") from None
        self._left -= len(data)
        if self._left < 0:
            raise UserFacingError(
                f"grows to more than {self._limit / 1e6:.0f} MB when unpacked ({self._why})",
                self._name,
                "Unpack it yourself if you trust it.",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what lies beneath."""
        if not self.closed:
            self._inner.close()
            if self._also is not None:
                self._also.close()
        super().close()
