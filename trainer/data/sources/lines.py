"""Lines of a blob as bytes, one at a time: never more of a line than the limit is in memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from trainer.data.encoding import Encoding
from trainer.data.sources.blob import Blob, Position
from trainer.data.sources.source import ReadProblem

MAX_LINE = 50_000_000
"""Longest line that is read, in bytes."""
SAMPLE_OVER = 3_000_000_000
"""A file over this many bytes is sampled where a sample is allowed."""
LOOKED_AT = 200_000
"""Bytes at the beginning of a file by which its kind is judged."""
SAMPLE_BLOCKS = 64
_AHEAD = 1 << 16
SAMPLE_BYTES = 2_000_000
"""Bytes of a block of a sample."""


class Oversized(bytes):
    """Stands for a line that was skipped: its first bytes, and a zero byte so that nothing takes it for whole."""

    size: int

    def problem(self, number: int) -> ReadProblem:
        """The sentence about it."""
        what = f"is {self.size / 1e6:.0f} MB long; I read lines up to {MAX_LINE / 1e6:.0f} MB"
        return ReadProblem(number, what, "oversized_lines")


@contextmanager
def open_lines(blob: Blob, encoding: Encoding, ends: str = "lf") -> Iterator[tuple[Iterator[bytes], Position]]:
    """(lines with their ends, position). Wide encodings are recoded to UTF-8, so every line is in `narrow`."""
    with blob.opened() as (stream, position):
        stream.read(encoding.mark)
        text = recoded(stream, encoding.codec) if encoding.wide else stream
        yield (_split_at_returns(text) if ends == "cr" else bounded(text)), position


def recoded(stream: BinaryIO, codec: str) -> BinaryIO:
    """A stream in another encoding as UTF-8."""
    return io.BufferedReader(_Recoded(stream, codec), 1 << 18)


def narrow(encoding: Encoding) -> str:
    """The codec of the lines `open_lines` gives."""
    return "utf-8" if encoding.wide else encoding.codec


def line_ends(head: bytes, encoding: Encoding) -> str:
    """lf, crlf or cr (an old Mac's), by the first bytes of a file."""
    text = head[encoding.mark :].decode(encoding.codec, "replace")
    if "\n" in text:
        return "crlf" if text.count("\r\n") > text.count("\n") / 2 else "lf"
    return "cr" if "\r" in text.rstrip("\r") else "lf"


def bounded(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; a line over the limit is read past in pieces and given as Oversized."""
    for line in iter(partial(stream.readline, MAX_LINE + 1), b""):
        yield line if len(line) <= MAX_LINE else _skipped(line, stream)


def _skipped(piece: bytes, stream: BinaryIO) -> Oversized:
    head = Oversized(piece[:100] + b"\0")
    head.size = len(piece)
    while piece and not piece.endswith(b"\n"):
        piece = stream.readline(1 << 20)
        head.size += len(piece)
    return head


def _split_at_returns(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(1 << 20):
        *whole, rest = (rest + block).splitlines(keepends=True)
        yield from whole
        if len(rest) > MAX_LINE:
            rest = rest[:MAX_LINE]
    if rest:
        yield rest


class _Recoded(io.RawIOBase):
    """Another encoding as UTF-8. What is not sound stays unsound, so that its line is set aside."""

    def __init__(self, inner: BinaryIO, codec: str) -> None:
        super().__init__()
        self._inner, self._ready = inner, b""
        self._decoder = codecs.getincrementaldecoder(codec)("surrogatepass" if "16" in codec else "replace")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with UTF-8."""
        while not self._ready:
            block = self._inner.read(1 << 17)
            self._ready = self._decoder.decode(block, final=False).encode("utf-8", "surrogatepass")
            if not block:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def bad_bytes(line: bytes, number: int, codec: str) -> ReadProblem:
    """Names the first bytes of a line that the file's encoding doesn't know, and what they may be meant for."""
    try:
        line.decode(codec)
        start, end = 0, 1
    except UnicodeDecodeError as error:
        start, end = error.start, error.end
    wrong = line[start : max(end, start + 1)]
    meant = wrong.decode("cp1252", "replace")
    hint = f", {meant!r} if it is windows-1252" if meant.isprintable() and "\ufffd" not in meant else ""
    what = f"holds a byte that is not {codec}: {wrong.hex(' ')} at byte {start + 1}{hint}"
    return ReadProblem(number, what, "bad_bytes")


def sampled(blob: Blob, begins: Callable[[bytes], bool]) -> Blob:
    """Evenly spread blocks of whole records as if they were the file. `begins` tells by the bytes ahead."""
    step = blob.size // SAMPLE_BLOCKS

    def begin() -> tuple[BinaryIO, Position]:
        file, position = blob.begin()
        return io.BufferedReader(_Blocks(file, step, begins), 1 << 18), position

    return replace(blob, begin=begin)


class _Blocks(io.RawIOBase):
    def __init__(self, file: BinaryIO, step: int, begins: Callable[[bytes], bool]) -> None:
        super().__init__()
        self._file, self._begins, self._ready = file, begins, memoryview(b"")
        self._starts = iter([i * step for i in range(SAMPLE_BLOCKS)])
        self._end = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with whole lines of the blocks."""
        if not self._ready and not self._next():
            return 0
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _next(self) -> bool:
        for start in self._starts:
            self._file.seek(start)
            if start:
                self._to_record()
            block = self._file.read(SAMPLE_BYTES)
            self._ready = memoryview(block + self._rest(block))
            if self._ready:
                return True
        return False

    def _to_record(self) -> None:
        """Past the rest of the line that was cut, to a line that begins a record."""
        self._file.readline(MAX_LINE)
        for _ in range(200):
            if self._at_record():
                return
            self._file.readline(MAX_LINE)

    def _rest(self, block: bytes) -> bytes:
        """What is missing of the block's last record."""
        rest = b"" if block.endswith(b"\n") else self._file.readline(MAX_LINE)
        for _ in range(200):
            if self._at_record():
                break
            rest += self._file.readline(MAX_LINE)
        return rest

    def _at_record(self) -> bool:
        here = self._file.tell()
        ahead = self._file.read(_AHEAD)
        self._file.seek(here)
        return not ahead or self._begins(ahead)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
