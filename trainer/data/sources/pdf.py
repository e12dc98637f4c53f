"""The text of a PDF, a row a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainer.data.sources.opened import Opened, gathered
from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Row
from trainer.errors import UserFacingError


@dataclass
class Pdf(Opened):
    """A .pdf file. `line` numbers of its problems count pages."""

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """A row a page: page (its number) and text."""
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError

        try:
            with self.blob.on_disk() as path:
                reader = PdfReader(path)
                if reader.is_encrypted and not reader.decrypt(""):
                    raise UserFacingError("is locked with a password", self.blob.name, "Save it without one.")
                yield from gathered(self._pages(reader), rows, lambda: self.size)
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
            raise UserFacingError(
                f"is not a PDF that I can read ({str(error)[:80]})", self.blob.name, "Save it again, or as text."
            ) from None

    def _pages(self, reader: object) -> Iterator[Row | ReadProblem]:
        found = False
        pages = reader.pages  # type: ignore[attr-defined]
        for number, page in enumerate(pages, start=1):
            text = page.extract_text()
            if text.strip():
                found = True
                yield {"page": number, "text": text}
            elif found:
                yield ReadProblem(number, "(page) holds no text")
        if not found:
            raise UserFacingError(
                "holds no text, only images", self.blob.name, "Run it through text recognition (OCR) first."
            )
