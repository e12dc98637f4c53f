"""The prepare command: a recipe from a file, from steps or from words; shown, and written when approved."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.model.door import Brain
from agent.situation import FileFact, Situation
from agent.understanding import read
from tools.arguments import Prepare
from tools.preparing import recipe_for
from tools.preparing_words import done_words, step_words
from trainer.data.doctor.watch import Watch
from trainer.data.repair.steps import Recipe, parse_step
from trainer.data.repair.write import Written, checked_target
from trainer.data.sources.address import local
from trainer.errors import UserFacingError
from trainer.fields import faults
from trainer.paths import checked, home
from trainer.preparing import Preparation, carried_out, looked_at, output_for, prepared

__all__ = ["Wanted", "document", "prepare", "step_words", "told", "write"]


@dataclass(frozen=True)
class Wanted:
    """What was said on the command line."""

    recipe: Path | None = None
    steps: tuple[str, ...] = ()
    words: str = ""
    output: Path | None = None
    base_model: str | None = None


def prepare(where: str, wanted: Wanted, brain: Brain, watch: Watch | None = None) -> Preparation:
    """What would be done to the data. Writes nothing. Raises UserFacingError."""
    path = local(where, home())
    output = wanted.output.resolve() if wanted.output else output_for(path, home() / "prepared")
    if wanted.output:
        checked_target(output, [path])
    said = _said(wanted)
    merged = tuple(str(checked(p).resolve()) for p in said.merged_paths)
    patient = looked_at(path, merged, base_model=wanted.base_model, watch=watch)
    steps = list(said.steps)
    if wanted.words or not steps:
        steps += _from_words(wanted.words, path, patient, brain)
    recipe = Recipe.checked({"steps": [step.model_dump() for step in steps]})
    return prepared(patient, recipe, output, watch, base_model=wanted.base_model)


def _said(wanted: Wanted) -> Recipe:
    """The recipe file's steps, then those of --step."""
    steps: list[Any] = []
    if wanted.recipe:
        text = checked(wanted.recipe).read_text("utf-8", errors="replace")
        steps += Recipe.from_yaml(text, wanted.recipe.name).steps
    steps += [parse_step(text) for text in wanted.steps]
    return Recipe.checked({"steps": [step.model_dump() for step in steps]})


def _from_words(words: str, path: Path, patient: Any, brain: Brain) -> list[Any]:
    """The steps that words ask for; without words those that the doctor proposes."""
    slots: dict[str, Any] = {}
    if words:
        columns = list(next((row for chunk in patient.source.chunks() for row in chunk.rows), {}))
        understood = read(brain, words, Situation(files=[FileFact(path=str(path), columns=columns)]))
        slots = understood.slots if understood.intent == "prepare_data" else {}
    try:
        args = Prepare.model_validate({**slots, "question": words})
    except ValidationError as error:
        raise UserFacingError(faults(error), "--words", "Say it with a value that can be.") from None
    recipe, left = recipe_for(args, patient)
    if left or (words and not slots):
        problem = " ".join(left) or f"I don't see what shall be done in {words!r}"
        raise UserFacingError(problem, "--words", "For instance: mask emails and remove duplicates.")
    return list(recipe.steps)


def write(preparation: Preparation, watch: Watch | None = None) -> Written:
    """Write an approved preparation. The caller has the person's yes."""
    return carried_out(preparation, f"cli-{uuid.uuid4().hex[:12]}", watch)


def told(written: Written) -> list[str]:
    """What was written, in words."""
    return done_words(written)


def document(preparation: Preparation, written: Written | None = None) -> dict[str, Any]:
    """The preparation for programs; `applied` says whether it was written."""
    outcome = written.outcome if written else preparation.outcome
    return {
        "applied": written is not None,
        "output": str(written.path) if written else preparation.output,
        "rows_in": outcome.rows_in,
        "rows_out": outcome.rows_out,
        "unreadable": outcome.unreadable,
        "steps": [step.model_dump(mode="json") for step in outcome.steps],
        "recipe": preparation.recipe.model_dump(mode="json", exclude_none=True),
        "provenance": str(written.provenance) if written else None,
        "recipe_file": str(written.recipe) if written else None,
        "hash": preparation.hash,
        "conserved": outcome.conserved,
        "offered": list(preparation.offered),
    }
