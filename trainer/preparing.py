"""From a file and a recipe to a preparation that a person can approve, and from that to a new file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainer.base_models import resolve
from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.doctor.examine import examine
from trainer.data.doctor.watch import Watch
from trainer.data.profile import opened
from trainer.data.repair.merging import Merged
from trainer.data.repair.patient import Patient
from trainer.data.repair.pipeline import Outcome
from trainer.data.repair.steps import Recipe
from trainer.data.repair.write import Written, free_name, provenance_of, write
from trainer.data.sources import fingerprint, open_source
from trainer.errors import UserFacingError
from trainer.paths import inside
from trainer.proposal import inspected_file, tokenizer_of
from trainer.records import read_json

ENDING = "-prepared.jsonl"


class Preparation(BaseModel):
    """What is shown before data are rewritten, and what an approval is bound to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_path: str
    fingerprint: str
    """SHA-256 of the source, or over those of all files that are merged."""
    recipe: Recipe
    outcome: Outcome
    """What the recipe gives; counted over all rows, nothing written."""
    output: str
    """Where the new file will lie."""
    offered: tuple[str, ...] = ()
    """Steps left to the person's judgement, in words."""
    roles: dict[str, str] = Field(default_factory=dict)
    """Columns that the person named, by role."""
    base_model: str | None = None
    """Whose control tokens are looked for."""
    then: dict[str, Any] | None = None
    """Wishes of the training plan that is made on the new file afterwards."""

    @property
    def hash(self) -> str:
        """Over the recipe, the source's content and the place of the result."""
        text = json.dumps([self.recipe.digest(), self.fingerprint, self.output])
        return hashlib.sha256(text.encode()).hexdigest()


def looked_at(
    path: Path,
    merged: tuple[str, ...] = (),
    roles: dict[str, str] | None = None,
    base_model: str | None = None,
    watch: Watch | None = None,
) -> Patient:
    """Look at a file (with those whose rows shall follow). Raises UserFacingError."""
    model = resolve(base_model)
    tokenizer = tokenizer_of(model)
    found = inspected_file(path, dict(roles or {}), model, watch=watch)
    tokens = tuple(tokenizer.special)
    if not merged and found.diagnosis.sampled < 1:
        return Patient(
            open_source(path), found.shape, Diagnosis(), found.profile.fingerprint, tokens=tokens, whole=False
        )
    if not merged:
        return Patient(
            found.source, found.shape, found.diagnosis, found.profile.fingerprint, found.profile.rows, tokens
        )
    source = Merged([found.source, *(opened(Path(p)) for p in merged)])
    diagnosis = examine(source, found.shape, tokenizer, watch)
    return Patient(source, found.shape, diagnosis, _mark(path, merged), tokens=tokens)


def _mark(path: Path, merged: tuple[str, ...]) -> str:
    marks = [fingerprint(p) for p in (path, *map(Path, merged))]
    return marks[0] if len(marks) == 1 else hashlib.sha256("".join(marks).encode()).hexdigest()


def prepared(patient: Patient, recipe: Recipe, output: Path, watch: Watch | None = None, **more: Any) -> Preparation:
    """What a recipe would do, counted over every row. Writes nothing. Raises UserFacingError.

    `more` are further fields of the preparation: roles, base_model, then.
    """
    outcome = patient.apply(recipe, None, watch)
    if not outcome.rows_out:
        raise UserFacingError("no row would be left", patient.source.path.name, "Take a step out.")
    offers = [a for a in patient.advice.offered if a.step not in recipe.steps]
    return Preparation(
        dataset_path=str(patient.source.path),
        fingerprint=patient.fingerprint,
        recipe=recipe,
        outcome=outcome,
        output=str(output),
        offered=tuple(f"{a.sentence} ({a.count:,}): {a.why}" for a in offers),
        **more,
    )


def output_for(path: Path, folder: Path) -> Path:
    """A new file's place: the source's name with '-prepared', where nothing lies yet."""
    stem = path.name.removesuffix(ENDING).split(".")[0] or "data"
    return free_name(folder / f"{stem}{ENDING}")


def carried_out(preparation: Preparation, approval: str = "", watch: Watch | None = None) -> Written:
    """Write the new file. Raises UserFacingError when the source is another one now, or the result is.

    The same approval writes one file, however often it is sent.
    """
    target = Path(preparation.output)
    if (done := _done(target, approval)) is not None:
        return Written(target, preparation.outcome, done)
    merged = preparation.recipe.merged_paths
    path = Path(preparation.dataset_path)
    if not path.exists() or _mark(path, merged) != preparation.fingerprint:
        raise UserFacingError(
            "has changed since the preparation was shown", path.name, "Ask for it again; nothing was written."
        )
    patient = looked_at(path, merged, preparation.roles, preparation.base_model, watch)
    target.parent.mkdir(parents=True, exist_ok=True)
    return write(patient, preparation.recipe, target, watch, preparation.outcome, approval)


def _done(target: Path, approval: str) -> dict[str, Any] | None:
    """The record of the file that this approval has written already."""
    record = read_json(provenance_of(target)) if approval and target.exists() else {}
    return record if record.get("approval") == approval else None


def output_in(folder: str | None, roots: list[Path], home: Path) -> Path:
    """The folder a person named, when it may be written to; else that of prepared files."""
    if folder and Path(folder).is_dir() and inside(Path(folder), roots):
        return Path(folder)
    return home / "prepared"
