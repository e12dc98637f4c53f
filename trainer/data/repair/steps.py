"""What may be done to data, as typed steps: a recipe can be read, diffed, hashed and used again."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trainer.errors import UserFacingError
from trainer.fields import nearest

Kind = Literal["email", "phone", "card", "iban", "ip", "address", "name", "id_number", "key"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Target = Literal["messages", "prompt_completion", "text", "preference"]
SEED = 42


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Deduplicate(_Step):
    """Keep the first of each group of rows that say the same."""

    op: Literal["deduplicate"] = "deduplicate"
    how: Literal["exact", "near"] = "exact"


class Drop(_Step):
    """Leave out every row that one of the doctor's rules points at."""

    op: Literal["drop"] = "drop"
    rules: tuple[str, ...] = Field(min_length=1)


class DropColumns(_Step):
    """Leave out whole columns."""

    op: Literal["drop_columns"] = "drop_columns"
    columns: tuple[str, ...] = Field(min_length=1)


class FilterLanguage(_Step):
    """Keep rows in these languages (ISO 639-1). A row too short to tell stays."""

    op: Literal["filter_language"] = "filter_language"
    keep: tuple[str, ...] = Field(min_length=1)


class FilterLength(_Step):
    """Keep rows whose text (or one column of it) has so many characters."""

    op: Literal["filter_length"] = "filter_length"
    min_chars: int | None = Field(default=None, ge=0)
    max_chars: int | None = Field(default=None, ge=1)
    column: str | None = None

    @model_validator(mode="after")
    def _bounded(self) -> FilterLength:
        if self.min_chars is None and self.max_chars is None:
            raise ValueError("min_chars or max_chars is needed")
        if self.min_chars is not None and self.max_chars is not None and self.min_chars > self.max_chars:
            raise ValueError("min_chars is more than max_chars")
        return self


class Redact(_Step):
    """Put placeholders for personal data and keys; the same value gets the same placeholder."""

    op: Literal["redact"] = "redact"
    kinds: tuple[Kind, ...] = Field(min_length=1)


class MapColumns(_Step):
    """Name columns by the role they play: {role: column}."""

    op: Literal["map_columns"] = "map_columns"
    roles: dict[str, str] = Field(min_length=1)


class Convert(_Step):
    """Rewrite rows in another of TRL's formats."""

    op: Literal["convert"] = "convert"
    target: Target


class Group(_Step):
    """Join single messages into conversations, by an id or by a silence of so many minutes."""

    op: Literal["group"] = "group"
    by: str | None = None
    order: str | None = None
    speaker: str | None = None
    text: str | None = None
    ours: str | tuple[str, ...] | None = None
    """Who among the speakers the model shall learn from."""
    gap_minutes: int | None = Field(default=None, ge=1)


class Split(_Step):
    """Mark each row as train, validation or holdout in a column `split`."""

    op: Literal["split"] = "split"
    val: float = Field(default=0.1, ge=0, le=0.5)
    holdout: float = Field(default=0.0, ge=0, le=0.5)
    how: Literal["random", "stratified", "group", "time"] = "random"
    column: str | None = None
    """The label, the group's id or the date; needed for all but random."""
    seed: int = SEED


class Balance(_Step):
    """Make the classes of a column equally frequent."""

    op: Literal["balance"] = "balance"
    column: str | None = None
    how: Literal["downsample", "upsample", "weight"] = "downsample"
    seed: int = SEED


class Sample(_Step):
    """Keep so many rows, drawn at random."""

    op: Literal["sample"] = "sample"
    rows: int = Field(ge=1)
    seed: int = SEED


class Shuffle(_Step):
    """Put the rows into random order."""

    op: Literal["shuffle"] = "shuffle"
    seed: int = SEED


class Merge(_Step):
    """Append the rows of other files with the same columns. Only as the first step."""

    op: Literal["merge"] = "merge"
    paths: tuple[str, ...] = Field(min_length=1)


class StripBoilerplate(_Step):
    """Cut signatures, disclaimers and footers."""

    op: Literal["strip_boilerplate"] = "strip_boilerplate"


class EscapeControl(_Step):
    """Break control tokens of chat templates, so that a text can't pose as a turn."""

    op: Literal["escape_control"] = "escape_control"


class FixEncoding(_Step):
    """Mend characters that were decoded wrongly (CafÃ© -> Café)."""

    op: Literal["fix_encoding"] = "fix_encoding"


class StripHtml(_Step):
    """Keep the words of HTML, drop its tags."""

    op: Literal["strip_html"] = "strip_html"


class FillPlaceholders(_Step):
    """Fill {{name}}, ${name} or [NAME]: {name: value}."""

    op: Literal["fill_placeholders"] = "fill_placeholders"
    values: dict[str, str] = Field(min_length=1)


class UnifyLabels(_Step):
    """One spelling for each label: {as it stands: as it shall be}."""

    op: Literal["unify_labels"] = "unify_labels"
    mapping: dict[str, str] = Field(min_length=1)
    column: str | None = None


class Review(_Step):
    """A person's decision row by row: accept, reject, or {column: new value}."""

    op: Literal["review"] = "review"
    decisions: dict[int, Literal["accept", "reject"] | dict[str, Any]] = Field(min_length=1)


Step = Annotated[
    Deduplicate
    | Drop
    | DropColumns
    | FilterLanguage
    | FilterLength
    | Redact
    | MapColumns
    | Convert
    | Group
    | Split
    | Balance
    | Sample
    | Shuffle
    | Merge
    | StripBoilerplate
    | EscapeControl
    | FixEncoding
    | StripHtml
    | FillPlaceholders
    | UnifyLabels
    | Review,
    Field(discriminator="op"),
]
OPS: dict[str, type[_Step]] = {t.model_fields["op"].default: t for t in get_args(get_args(Step)[0])}


class Recipe(BaseModel):
    """Steps in the order in which they are applied."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _merge_first(self) -> Recipe:
        if any(isinstance(step, Merge) for step in self.steps[1:]):
            raise ValueError("merge can only be the first step: rows are numbered over all files")
        return self

    @property
    def merged_paths(self) -> tuple[str, ...]:
        """Files whose rows follow those of the first."""
        return self.steps[0].paths if self.steps and isinstance(self.steps[0], Merge) else ()

    def digest(self) -> str:
        """SHA-256 of what the recipe says, however it is written down."""
        text = json.dumps(self.model_dump(mode="json", exclude_none=True), sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def to_yaml(self) -> str:
        """The recipe as a file that people can read and change."""
        document = self.model_dump(mode="json", exclude_none=True)
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)

    @classmethod
    def from_yaml(cls, text: str, where: str = "recipe") -> Recipe:
        """A recipe from YAML. Raises UserFacingError that names every fault."""
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" (line {mark.line + 1})" if mark else ""
            raise UserFacingError(f"is not YAML{line}", where, "Write it like this: steps: [{op: shuffle}]") from None
        if isinstance(document, list):
            document = {"steps": document}
        if not isinstance(document, dict):
            raise UserFacingError("holds no recipe", where, "Write it like this: steps: [{op: shuffle}]")
        return cls.checked(document, where)

    @classmethod
    def checked(cls, document: dict[str, Any], where: str = "recipe") -> Recipe:
        """A recipe from plain data. Raises UserFacingError that names every fault."""
        _known_ops(document.get("steps"), where)
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise UserFacingError(_faults(error), where, "Correct it and try again.") from None


def _known_ops(steps: Any, where: str) -> None:
    """An unknown step is answered with the nearest that there is."""
    for step in steps if isinstance(steps, list | tuple) else []:
        op = step.get("op") if isinstance(step, dict) else getattr(step, "op", None)
        if op not in OPS:
            raise UserFacingError(f"there is no step {op}", where, nearest(str(op), list(OPS)))


def _faults(error: ValidationError) -> str:
    def where(location: tuple[Any, ...]) -> str:
        return " ".join(str(part) for part in location if not isinstance(part, int) and part != "steps") or "recipe"

    return "; ".join(f"{where(e['loc'])}: {e['msg'].removeprefix('Value error, ').lower()}" for e in error.errors())


def parse_step(text: str) -> Step:
    """'deduplicate how=near' -> the step. Lists are a,b; mappings are a:b,c:d. Raises UserFacingError."""
    op, *rest = text.split()
    document: dict[str, Any] = {"op": op}
    for part in rest:
        name, sign, value = part.partition("=")
        if not sign:
            raise UserFacingError(f"{part!r} is no setting", f"--step '{text}'", "Write name=value.")
        document[name] = _value(op, name, value)
    return Recipe.checked({"steps": [document]}, f"--step '{text}'").steps[0]


def _value(op: str, name: str, value: str) -> Any:
    """A value as its field wants it: a list, a mapping, or what YAML makes of it."""
    field = OPS[op].model_fields.get(name) if op in OPS else None
    wanted = str(field.annotation) if field else ""
    if wanted.startswith("dict"):
        return dict(pair.split(":", 1) for pair in value.split(",") if ":" in pair)
    if wanted.startswith("tuple"):
        return [v for v in value.split(",") if v]
    return value if wanted.startswith("str") or "str |" in wanted else yaml.safe_load(value)
