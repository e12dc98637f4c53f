"""Single messages joined into conversations: by an id, by silence, by who speaks."""

from __future__ import annotations

from collections.abc import Iterator

from trainer.data.reading import Row
from trainer.data.repair import steps as s
from trainer.data.repair.items import Item
from trainer.data.repair.work import Work
from trainer.errors import UserFacingError


def conversations_of(step: s.Group, rows: list[Item], work: Work) -> Iterator[tuple[Row, list[Item]]]:
    """Each conversation as a row of messages, with the rows it was made of."""
    raise UserFacingError("chats can't be grouped yet", "group", "")
    yield
