"""A seeded division into train, validation and the sealed hold-out.

Rows with the same prompt go to the same side, so that an exact repeat can't leak.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from trainer.data.convert import Example

BLOCK = 40
"""Neighbouring rows of plain text stay together: the next line gives the last one away."""

DOMINANT = 0.3
"""Over this share of the rows, one question alone no longer tells rows apart."""


@dataclass(frozen=True)
class Split:
    """Three disjoint lists of examples."""

    train: list[Example]
    val: list[Example]
    holdout: list[Example]


_SIDES = {
    "val": ("val", "valid", "validation", "dev", "eval", "evaluation"),
    "holdout": ("test", "tst", "testing", "holdout", "hold-out", "heldout"),
}
"""Values of a split column -> our sides; everything else trains."""


def side_of(example: Example) -> str:
    """train, val or holdout, as the file's own split column says; '' where it has none."""
    name = example.side.strip().lower()
    return next((side for side, names in _SIDES.items() if name in names), "train" if name else "")


def own_split(usable: list[Example]) -> bool:
    """Whether the file divides its rows itself: some train, and some do not."""
    return len({side_of(e) for e in usable} - {""}) > 1


def split(usable: list[Example], seed: int, val: float, holdout: float, holdout_max: int) -> Split:
    """Divide by a hash of seed and prompt: the same rows land on the same side every time.

    A file's own split column is kept; a side that it lacks is drawn from its training rows. Where it only says of
    some rows that they train, the others are divided. Test rows beyond `holdout_max` are not used at all.
    """
    if not own_split(usable):
        pinned = [e for e in usable if side_of(e) == "train"]
        free = [e for e in usable if not side_of(e)] if pinned else usable
        drawn = _drawn(free or usable, seed, val, holdout, holdout_max)
        return Split(sorted([*drawn.train, *(pinned if free else [])], key=_row), drawn.val, drawn.holdout)
    marked = {name: [e for e in usable if (side_of(e) or "train") == name] for name in ("train", "val", "holdout")}
    left = _drawn(
        marked["train"],
        seed,
        0.0 if marked["val"] else val,
        0.0 if marked["holdout"] else holdout,
        holdout_max,
    )
    sealed = sorted(marked["holdout"], key=lambda e: _rank(seed, str(e.row)))[:holdout_max]
    return Split(left.train, marked["val"] or left.val, sorted(sealed, key=_row) or left.holdout)


def _row(example: Example) -> int:
    return example.row


def _drawn(usable: list[Example], seed: int, val: float, holdout: float, holdout_max: int) -> Split:
    total = len(usable)
    want_holdout = min(round(total * holdout), holdout_max)
    want_val = round(total * val)
    sealed: list[Example] = []
    validation: list[Example] = []
    train: list[Example] = []
    for group in _groups(usable, seed):
        if _room(group, sealed, want_holdout):
            sealed += group
        elif _room(group, validation, want_val):
            validation += group
        else:
            train += group
    return Split(*(sorted(s, key=_row) for s in (train, validation, sealed)))


def _room(group: list[Example], side: list[Example], wanted: int) -> bool:
    """Whether a group still fits: one prompt with half of all rows must not fill the hold-out."""
    return len(side) + len(group) <= wanted or (len(side) < wanted and len(group) <= 2)


def _groups(usable: list[Example], seed: int) -> list[list[Example]]:
    """Rows that must stay on one side, in seeded order."""
    groups = _by(usable, _question)
    if usable and max(map(len, groups.values())) > DOMINANT * len(usable):
        groups = _by(usable, _whole)  # one question for nearly all: the answers are what differs
    return [groups[key] for key in sorted(groups, key=lambda key: _rank(seed, key))]


def _by(usable: list[Example], name: Callable[[Example], str]) -> dict[str, list[Example]]:
    block = max(1, min(BLOCK, len(usable) // 25))
    groups: dict[str, list[Example]] = {}
    for position, example in enumerate(usable):
        key = name(example) if example.messages else f"block {position // block}"
        groups.setdefault(key, []).append(example)
    return groups


def _question(example: Example) -> str:
    """The first thing that was asked: chats stored as growing beginnings of one another share it."""
    asked = [content for role, content in example.messages if role == "user"]
    return (asked[0] if asked else example.messages[0][1]).strip().lower()


def _whole(example: Example) -> str:
    return "\x1f".join(content for _, content in example.messages).strip().lower()


def _rank(seed: int, key: str) -> bytes:
    return hashlib.blake2b(f"{seed}\x1f{key}".encode("utf-8", "surrogatepass")).digest()
