"""Which encoding a file is in: its mark, UTF-8 proved over the whole of it, or a guess that is named as one."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass, field
from typing import BinaryIO

from trainer.data.guessing import guess
from trainer.errors import UserFacingError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)
_BINARY_SHARE = 0.02
"""Share of control characters over which a file is taken for binary."""
_BLOCK = 1 << 20
_GUESSED_ON = 1 << 16
"""Bytes of lines that are not UTF-8 a guess is made on."""
_UTF8_SHARE = 0.2
"""A file with this share of its special characters in good UTF-8 is UTF-8; by chance a file never has so many."""


@dataclass(frozen=True)
class Encoding:
    """How bytes become text."""

    codec: str
    """Python's name."""
    name: str
    """What a person is told."""
    mark: int = 0
    """Bytes of the byte order mark."""

    @property
    def wide(self) -> bool:
        """Whether a line end is more than one byte, so that lines can't be cut before decoding."""
        return self.codec.startswith(("utf-16", "utf-32"))


def detect(stream: BinaryIO, name: str, few: float = 0.0) -> Encoding:
    """Read the stream to its end. Raises when it is not text.

    `few` is the share of lines up to which lines that are not UTF-8 are taken for damage, not for another encoding.
    """
    head = stream.read(_BLOCK)
    for mark, codec, shown in _BOMS:
        if head.startswith(mark):
            _refuse_binary(head[len(mark) :].decode(codec, "replace"), name)
            return Encoding(codec, shown, len(mark))
    if wide := _unmarked_wide(head[:4096]):
        return Encoding(wide, f"{wide} (guessed)")
    tally = _Tally()
    tally.add(head, stream)
    found = tally.verdict(few) or _guessed(bytes(tally.sample), name)
    _refuse_binary(head.decode(found.codec, "replace"), name)
    return found


def decoded(raw: bytes, name: str) -> tuple[str, str]:
    """The whole text and its encoding's name. Raises when the bytes are not text."""
    found = detect(io.BytesIO(raw), name)
    try:
        return raw[found.mark :].decode(found.codec), found.name
    except UnicodeDecodeError as error:
        where = raw[: error.start + found.mark].count(b"\n") + 1
        raise UserFacingError(
            f"is {found.name}, but the byte {raw[error.start + found.mark]:02x} in line {where} is not",
            name,
            "Save it as UTF-8.",
        ) from None


@dataclass
class _Tally:
    """UTF-8 against other bytes, counted over a stream."""

    good: int = 0
    """Characters beyond ASCII in lines of UTF-8, whole or a little damaged; other encodings have some by chance."""
    bad: int = 0
    """Bytes that are not UTF-8."""
    lines: int = 0
    bad_lines: int = 0
    sample: bytearray = field(default_factory=bytearray)

    def add(self, block: bytes, stream: BinaryIO) -> None:
        """The block and the rest of the stream, cut into parts that end with a line or a whole character."""
        while block:
            more = stream.read(_BLOCK)
            cut = (block.rfind(b"\n") + 1 or _whole(block)) if more else len(block)
            self._part(block[:cut])
            block = block[cut:] + more

    def _part(self, part: bytes) -> None:
        self.lines += part.count(b"\n")
        if part.isascii():
            return
        try:
            self.good += len(part) - len(part.decode("utf-8"))
        except UnicodeDecodeError:
            for line in part.split(b"\n"):
                if not line.isascii():
                    self._line(line)

    def _line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        right = sum(c > "\x7f" for c in text) - wrong
        if right > wrong:
            self.good += right
        self.bad += wrong
        self.bad_lines += bool(wrong)
        if wrong and len(self.sample) < _GUESSED_ON:
            self.sample += line[:_GUESSED_ON] + b"\n"

    def verdict(self, few: float) -> Encoding | None:
        """UTF-8, damaged or not; None when the file is in another encoding."""
        damaged = self.bad_lines < max(2, few * self.lines) and self.bad_lines < self.lines / 2 and self.bad < 9
        if not self.bad or self.good >= _UTF8_SHARE * (self.good + self.bad) or damaged:
            return Encoding("utf-8", "utf-8")
        return None


def _whole(block: bytes) -> int:
    """Where the last whole UTF-8 character of a block ends."""
    for back in range(1, min(4, len(block)) + 1):
        if block[-back] >= 0xC0:
            return len(block) - back or len(block)
        if block[-back] < 0x80:
            break
    return len(block)


def _unmarked_wide(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII's zero bytes stand all on one side."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) % 2 or max(even, odd) < 0.03 * len(head) or min(even, odd) > 0.1 * max(even, odd):
        return None
    codec = "utf-16-le" if odd > even else "utf-16-be"
    try:
        head.decode(codec)
    except UnicodeDecodeError:
        return None
    return codec


def _guessed(sample: bytes, name: str) -> Encoding:
    found = guess(sample)
    if found is None:
        raise UserFacingError("is not a text file", name, "Save it as UTF-8 text.")
    return Encoding(*found)


def _refuse_binary(text: str, name: str) -> None:
    sample = text[:100_000]
    odd = sum(1 for c in sample if ord(c) < 32 and c not in "\t\n\r\f\x1b")
    if odd > _BINARY_SHARE * max(len(sample), 1):
        raise UserFacingError(
            "is not a text file (it holds binary data)", name, "Export it as CSV or JSONL and try that."
        )
