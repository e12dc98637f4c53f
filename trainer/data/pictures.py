"""Rows with pictures: this release trains on text, and must not leave a picture out without a word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from trainer.data.convert import Example
from trainer.errors import UserFacingError

COLUMN = re.compile(r"^(images?|pictures?|pixel_values)$", re.IGNORECASE)
PART = re.compile(r'"type": ?"(image|image_url|input_image|video|audio|input_audio)"')
"""A turn's part that is no text, as the dialogue's reader leaves it: JSON."""
LOOKED_AT = 500


def refuse_pictures(name: str, columns: Iterable[str], chat: bool, rows: Iterable[Example]) -> None:
    """Raise UserFacingError where a chat has pictures beside its words, or in its turns."""
    column = next((c for c in columns if COLUMN.match(c)), None) if chat else None
    part = next(
        (e.row for e in islice(rows, LOOKED_AT) if any(PART.search(content) for _, content in e.messages)), None
    )
    if column is None and part is None:
        return
    where = f"column {column}" if column else f"row {part}"
    raise UserFacingError(
        f"the conversations hold pictures or sounds ({where}), and I train on text alone",
        name,
        "To learn from the words only, give a file without them; vision-language models are not built in yet.",
    )
