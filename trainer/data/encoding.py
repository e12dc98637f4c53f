"""Bytes -> text, with the encoding named; binary files refused."""

from __future__ import annotations

import codecs

from trainer.errors import UserFacingError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY_SHARE = 0.02
"""Share of control characters over which a file is taken for binary."""


def decoded(raw: bytes, name: str) -> tuple[str, str]:
    """The text and its encoding's name. Raises when the bytes are not text."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _strict(raw, encoding, name), encoding
    try:
        text, encoding = raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = _guessed(raw, name)
    if _binary(text):
        raise UserFacingError(
            "is not a text file (it holds binary data)",
            name,
            "Export it as CSV or JSONL; a renamed .xlsx or .zip cannot be read.",
        )
    return text, encoding


def _strict(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UserFacingError(
            f"claims to be {encoding} but byte {error.start} is not", name, "Save it as UTF-8."
        ) from None


def _guessed(raw: bytes, name: str) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:2_000_000]).best()
    if best is None:
        raise UserFacingError("is not a text file", name, "Save it as UTF-8 text.")
    # A guess made on the first part may not fit the rest: Latin-1 reads every byte.
    for encoding in (best.encoding, "latin-1"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UserFacingError("is not a text file", name, "Save it as UTF-8 text.")


def _binary(text: str) -> bool:
    sample = text[:100_000]
    odd = sum(1 for c in sample if ord(c) < 32 and c not in "\t\n\r\f\x1b")
    return odd > _BINARY_SHARE * max(len(sample), 1)
