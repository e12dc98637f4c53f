"""Pictures are never left out without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.errors import UserFacingError
from trainer.proposal import propose
from trainer.wishes import Wishes

PART = {"type": "image_url", "image_url": {"url": "a.png"}}


def chats(path: Path, parts: list[Any], **more: Any) -> Path:
    rows = [
        {
            "messages": [
                {"role": "user", "content": [*parts, {"type": "text", "text": f"What is in picture {i}?"}]},
                {"role": "assistant", "content": f"A cat and {i} mice."},
            ],
            **more,
        }
        for i in range(40)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("parts", "more", "where"), [([PART], {}, "row 1"), ([], {"images": ["a.png"]}, "column images")]
)
def test_chats_with_pictures_are_refused(
    parts: list[Any], more: dict[str, Any], where: str, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserFacingError, match=where) as told:
        propose(chats(tmp_path / "chats.jsonl", parts, **more), Wishes(goal="g"))
    assert "without them" in told.value.fix


def test_parts_of_text_alone_are_a_chat(home: Path, tmp_path: Path) -> None:
    assert propose(chats(tmp_path / "chats.jsonl", []), Wishes(goal="g")).plan.method.method == "sft"
