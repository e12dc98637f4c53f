"""Damage that shows only while a file is read: one sentence instead of a library's own error."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import Any

from trainer.data.sources.source import CHUNK, Chunk, Source
from trainer.errors import UserFacingError

PACKED = (zlib.error, zipfile.BadZipFile, LZMAError, EOFError, struct.error, RuntimeError)
LOOSE = (*PACKED, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, SyntaxError)
"""What libraries raise over damaged workbooks, PDFs and tables: they trust their input."""
BINARY = ("xlsx", "pdf", "parquet", "arrow", "zip", "folder")


@contextmanager
def told(name: str, errors: tuple[type[Exception], ...] = PACKED) -> Iterator[None]:
    """Turn damage into a sentence about the file."""
    try:
        yield
    except errors as error:
        raise _damage(error, name) from None
    except OSError as error:
        if error.filename is not None:  # the disk's own trouble, not the file's content
            raise
        raise _damage(error, name) from None


def _damage(error: Exception, name: str) -> UserFacingError:
    what = f"is damaged ({type(error).__name__}: {str(error)[:80]})"
    return UserFacingError(what, name, "Export or pack it again.")


class Guarded:
    """A source whose damage is told in a sentence."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @property
    def path(self) -> Path:
        """The file a person named."""
        return self.source.path

    @property
    def kind(self) -> str:
        """csv, jsonl, xlsx, ..."""
        return self.source.kind

    @property
    def encoding(self) -> str:
        """The encoding's name; the kind's for binary formats."""
        return self.source.encoding

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.source.size

    @property
    def notes(self) -> dict[str, Any]:
        """What else a person should know."""
        return self.source.notes

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The rows in order. Raises UserFacingError where the file turns out to be damaged."""
        with told(self.path.name, LOOSE if self.kind in BINARY else PACKED):
            yield from self.source.chunks(rows)
