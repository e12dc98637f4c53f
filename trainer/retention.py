"""General rows against forgetting: some mixed into training, some kept out to measure what was forgotten.

Numbered below zero, so that they can be told from the person's own rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from trainer.data.convert import Example
from trainer.data.profile import repeated_rows, rows_only
from trainer.data.sources import fingerprint
from trainer.errors import UserFacingError
from trainer.plan import Plan

HELD = 50
"""General rows kept out of training at most."""
HELD_SHARE = 0.2
"""And not more than this share of them."""


@lru_cache(maxsize=2)
def _read(path: str, content: str) -> tuple[str, tuple[Example, ...]]:
    """Format and usable rows of a file; `content` is its fingerprint, so that a changed file is read anew."""
    found = rows_only(Path(path), {})
    repeats = set(repeated_rows(found.examples))
    usable = (e for e in found.examples if not e.fault and e.row not in repeats)
    return found.profile.format, tuple(replace(e, row=-e.row, side="") for e in usable)


def looked_at(path: str) -> tuple[str, int]:
    """(format, usable rows) of a file of general rows. Raises UserFacingError when it can't be read."""
    form, rows = _read(path, fingerprint(Path(path)))
    return form, len(rows)


def mixed(train: list[Example], plan: Plan) -> list[Example]:
    """The training rows with general ones among them: as many as the plan's share asks for, or as there are.

    Drawn and placed by the plan's seed. Raises UserFacingError when the file has changed since the plan was made.
    """
    share, seed = plan.data.retention_share, plan.schedule.seed
    if not plan.data.retention_path or share <= 0:
        return train
    wanted = round(len(train) * share / (1 - share))
    drawn = sorted(_trained(plan), key=lambda e: _rank(f"{seed}", e))[:wanted]
    return _among(train, sorted(drawn, key=lambda e: -e.row))


def held(plan: Plan) -> list[Example]:
    """Up to 50 general rows that are never trained on, the same for every seed; their loss tells what was forgotten."""
    rows = _rows(plan)
    return sorted(_ranked(rows)[: _held(len(rows))], key=lambda e: -e.row)


def available(rows: int) -> int:
    """How many of a file's general rows may be trained on."""
    return rows - _held(rows)


def _held(rows: int) -> int:
    return min(HELD, round(HELD_SHARE * rows))


def _trained(plan: Plan) -> list[Example]:
    rows = _rows(plan)
    return _ranked(rows)[_held(len(rows)) :]


def _rows(plan: Plan) -> tuple[Example, ...]:
    path = plan.data.retention_path
    if not path:
        return ()
    if not Path(path).exists():
        raise UserFacingError("the general rows are not there", path, "Put them back, or plan again without them.")
    content = fingerprint(Path(path))
    alone = plan.method.method in ("sft", "distillation")
    if content != plan.data.retention_fingerprint:
        raise UserFacingError("has changed since the plan was made", path, "Plan again, so that it fits the rows.")
    rows = _read(path, content)[1]
    return tuple(replace(e, rejected="", good=None) for e in rows if e.good is not False) if alone else rows


def _ranked(rows: Iterable[Example]) -> list[Example]:
    return sorted(rows, key=lambda e: _rank("held", e))


def _rank(seed: str, example: Example) -> bytes:
    return hashlib.blake2b(f"{seed}\x1f{example.row}".encode()).digest()


def _among(train: list[Example], general: list[Example]) -> list[Example]:
    """General rows spread evenly, so that a trainer that keeps the order sees them all along."""
    if not general:
        return train
    every = len(train) / len(general)
    whole: list[Example] = []
    taken = 0
    for at, example in enumerate(train, start=1):
        whole.append(example)
        while taken < len(general) and at >= (taken + 1) * every - 1e-9:
            whole.append(general[taken])
            taken += 1
    return [*whole, *general[taken:]]
