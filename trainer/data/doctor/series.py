"""Texts as one polars column, so that a regular expression runs over thousands of rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def series(texts: Sequence[str]) -> pl.Series:
    """The texts as a column; half characters (lone surrogates), which UTF-8 can't hold, become '?'."""
    import polars as pl

    try:
        return pl.Series(texts, dtype=pl.String)
    except UnicodeEncodeError:
        return pl.Series([t.encode("utf-8", "replace").decode() for t in texts], dtype=pl.String)
