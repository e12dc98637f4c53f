"""The more command: new rows from one's own, shown with their cost, made when approved, accepted row by row."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.model.door import BUILTIN, Door
from agent.model.writer import DoorWriter
from prompts import render
from tools.augmenting_words import augmentation_words, done_words
from trainer.data.doctor.watch import Watch
from trainer.data.more.augmentation import Augmentation, NewRows, augmentation, carried_out
from trainer.data.more.request import WRITTEN, How, Request
from trainer.data.more.review import Decision, accept
from trainer.data.repair.write import checked_target
from trainer.data.sources import open_source
from trainer.data.sources.address import local
from trainer.errors import UserFacingError
from trainer.fields import faults, nearest
from trainer.paths import checked, home

WAYS: tuple[str, ...] = get_args(How)


@dataclass(frozen=True)
class Wanted:
    """What was said on the command line."""

    how: str = "noise"
    rows: int = 100
    model: str | None = None
    sets: tuple[str, ...] = ()
    """fill_to=60, judge=yes, max_usd=0.5, label=COLUMN, seed=7"""
    output: Path | None = None


class Settings(BaseModel):
    """Values of --set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fill_to: int | None = None
    judge: bool = False
    max_usd: float | None = Field(default=None, gt=0)
    label: str | None = None
    seed: int = 42


def offer(where: str, wanted: Wanted) -> Augmentation:
    """What would be made, sent and spent. Makes and sends nothing. Raises UserFacingError."""
    path = local(where, home())
    if wanted.how not in WAYS:
        raise UserFacingError(f"I know no way {wanted.how!r} to more rows", "--how", nearest(wanted.how, list(WAYS)))
    output = wanted.output.resolve() if wanted.output else None
    if output and output.suffix.lower() != ".jsonl":
        raise UserFacingError("new rows are written as .jsonl", str(wanted.output), "Give the file that ending.")
    if output:
        checked_target(output, [path])
    settings = _settings(wanted.sets)
    by_model = wanted.how in WRITTEN or (wanted.how == "rare_classes" and wanted.model is not None)
    writer = _writer(wanted.model, "") if by_model else None
    roles = {"label": settings.label} if settings.label else {}
    request = _request(wanted, settings, by_model)
    return augmentation(path, request, home() / "prepared", roles, writer, settings.max_usd, output)


def _settings(sets: tuple[str, ...]) -> Settings:
    said = dict(text.partition("=")[::2] for text in sets)
    if odd := [name for name in said if name.strip() not in Settings.model_fields]:
        raise UserFacingError(f"there is no {odd[0]} to set", "--set", nearest(odd[0], list(Settings.model_fields)))
    try:
        return Settings.model_validate({name.strip(): value.strip() for name, value in said.items()})
    except ValidationError as error:
        raise UserFacingError(faults(error), "--set", "Correct the value.") from None


def _request(wanted: Wanted, settings: Settings, by_model: bool) -> Request:
    said = {"how": wanted.how, "rows": wanted.rows, "fill_to": settings.fill_to, "seed": settings.seed}
    try:
        return Request.model_validate({**said, "by_model": by_model, "judge": settings.judge and by_model})
    except ValidationError as error:
        raise UserFacingError(faults(error), "", "Correct the value.") from None


def _writer(model: str | None, job: str) -> DoorWriter | None:
    """The chosen model; None where none is chosen."""
    door = Door(model)
    return None if door.model == BUILTIN else DoorWriter(door, home() / "prepared" / "jobs", job)


def make(order: Augmentation, watch: Watch | None = None) -> NewRows:
    """Make the rows of an approved offer. The caller has the person's yes."""
    approval = f"cli-{uuid.uuid4().hex[:12]}"
    writer = _writer(order.model, approval) if order.model else None
    return carried_out(order, approval, writer, lambda name, **values: render(name, **values).text, watch)


def words(order: Augmentation) -> list[str]:
    """The offer in words."""
    return augmentation_words(order)


def told(made: NewRows) -> list[str]:
    """What was made, in words."""
    return done_words(made)


def accepted(path: Path, chosen: str) -> Path:
    """The file to train on: one's own rows and those chosen ('all', or '1,2,5-9'). Raises UserFacingError."""
    count = sum(len(chunk.rows) for chunk in open_source(checked(path)).chunks())
    decisions: dict[int, Decision] = dict.fromkeys(_numbers(chosen, count), "accept")
    return accept(path, decisions)


def _numbers(text: str, count: int) -> list[int]:
    if text.strip().lower() == "all":
        return list(range(1, count + 1))
    out: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", part)
        if match is None:
            raise UserFacingError(f"{part.strip()!r} names no rows", "--accept", "Write all, or numbers: 1,2,5-9")
        out += range(int(match[1]), min(int(match[2] or match[1]), count) + 1)
    return out


def document(order: Augmentation, made: NewRows | None = None) -> dict[str, Any]:
    """The offer for programs; `applied` says whether the rows were made."""
    return {
        "applied": made is not None,
        "output": str(made.path) if made else order.output,
        "hash": order.hash,
        "offer": order.model_dump(mode="json"),
        "record": made.record if made else None,
    }
