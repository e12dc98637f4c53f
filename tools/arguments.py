"""The typed arguments of the tools. Field names are the plan's own."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from trainer.data.more.request import MOST, How
from trainer.wishes import Wishes


class Arguments(BaseModel):
    """Arguments that keep what they don't know, so that it can be named to the person."""

    model_config = ConfigDict(extra="allow")

    @property
    def unknown(self) -> dict[str, Any]:
        """What was asked for and has no place here."""
        return {k: v for k, v in (self.model_extra or {}).items() if v is not None}


class PlanArguments(Wishes):
    """A goal and the values the person fixed; leave out what was not said."""

    model_config = ConfigDict(extra="allow", frozen=True)

    directions: dict[str, Literal["up", "down"]] = Field(
        default_factory=dict, description="fields to raise or lower when no value was said"
    )

    @model_validator(mode="before")
    @classmethod
    def _answers(cls, said: Any) -> Any:
        """The column that holds the right answers is the completion, whatever the method does with it."""
        if not isinstance(said, dict) or "answer_column" not in said:
            return said
        rest = {k: v for k, v in said.items() if k != "answer_column"}
        return {"completion_column": said["answer_column"], **rest}

    def wishes(self) -> Wishes:
        """The values that are wishes."""
        known = {k: v for k, v in self.said().items() if k in Wishes.model_fields}
        return Wishes(**known)

    @property
    def unknown(self) -> dict[str, Any]:
        """What was asked for and has no place in a plan yet."""
        return {k: v for k, v in (self.model_extra or {}).items() if v is not None}


class Inspect(Arguments):
    """Look at a data file."""

    dataset_path: str | None = None
    prompt_column: str | None = None
    completion_column: str | None = None
    label_column: str | None = None


PrepOp = Literal[
    "dedupe",
    "redact_pii",
    "drop_rows",
    "drop_columns",
    "convert_format",
    "split",
    "filter_short",
    "filter_language",
    "balance_classes",
    "map_columns",
    "merge_files",
    "shuffle",
    "sample",
    "group_conversations",
    "generate_synthetic",
]


class Prepare(Arguments):
    """A changed copy of a data file; without prep_ops what the doctor would repair."""

    prep_ops: list[PrepOp] = Field(default_factory=list)
    without: list[str] = Field(
        default_factory=list,
        description="steps of the shown preparation to take out: duplicates, redact, email, empty, ...",
    )
    pii_types: list[str] = Field(default_factory=list, description="email, phone, name, credit_card, ...")
    target_format: Literal["messages", "prompt_completion", "text", "preference"] | None = None
    min_chars: int | None = Field(default=None, ge=0)
    drop_columns: list[str] = Field(default_factory=list)
    gap_minutes: int | None = Field(default=None, ge=1)
    val_split: float | None = Field(default=None, gt=0, le=0.5)
    max_samples: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=0)
    language: str | None = Field(default=None, description="of the rows to keep")
    dataset_path: str | None = None
    input_paths: list[str] = Field(default_factory=list, description="files to merge")
    output_dir: str | None = None
    prompt_column: str | None = None
    completion_column: str | None = None
    messages_column: str | None = None
    label_column: str | None = None
    text_column: str | None = None
    chosen_column: str | None = None
    rejected_column: str | None = None
    question: str = Field(default="", description="the person's words")

    @property
    def roles(self) -> dict[str, str]:
        """Columns that the person named, by role."""
        names = ("prompt", "completion", "messages", "label", "text", "chosen", "rejected")
        return {name: column for name in names if (column := getattr(self, f"{name}_column"))}


class Augment(Arguments):
    """New rows made from a file's own. What is hidden from a model's view is read in the person's words."""

    how: How | None = None
    rows: int | None = Field(default=None, ge=1, le=MOST)
    dataset_path: str | None = None
    fill_to: SkipJsonSchema[int | None] = Field(default=None, ge=1, le=MOST)
    judge: SkipJsonSchema[bool | None] = None
    max_usd: SkipJsonSchema[float | None] = Field(default=None, gt=0)
    label_column: SkipJsonSchema[str | None] = None
    seed: SkipJsonSchema[int | None] = Field(default=None, ge=0)
    question: SkipJsonSchema[str] = ""


class OfRun(Arguments):
    """One run, or this conversation's."""

    run_id: str | None = None


class Explain(OfRun):
    """Why did something happen in a run."""

    symptom: str | None = None
    step: int | None = None
    metric: str | None = None
    redact: SkipJsonSchema[bool] = False
    """Hide personal data in the rows that are shown."""
    question: str = Field(default="", description="the person's question in their words")


class ReplayRun(OfRun):
    """Train a moment of a run again. What is hidden from a model's view is read in the person's words."""

    step: int | None = None
    rows: list[int] = Field(default_factory=list, description="suspects")
    changes: dict[str, Any] = Field(default_factory=dict, description="or settings: other values")
    pairs: SkipJsonSchema[int | None] = Field(default=None, ge=2, le=20)
    max_minutes: SkipJsonSchema[float | None] = Field(default=None, gt=0)
    question: SkipJsonSchema[str] = ""


class LearningCurve(OfRun):
    """Train a run again on shares of its rows, and with another seed."""

    max_minutes: SkipJsonSchema[float | None] = Field(default=None, gt=0)
    question: SkipJsonSchema[str] = ""


class Search(Arguments):
    """Several trials over some fields."""

    n_trials: int = Field(default=8, ge=1, le=1000)
    max_hours: float | None = Field(default=None, gt=0)
    search_space: dict[str, dict[str, Any]] = Field(default_factory=dict)
    search_fields: list[str] = Field(default_factory=list)
    search_algorithm: Literal["grid", "random", "optuna"] = "optuna"
    workers: int = Field(default=1, ge=1, le=64)
    tied: dict[str, str] = Field(default_factory=dict, description="lora_alpha: 2*lora_r")
    budget_usd: float | None = Field(default=None, gt=0)
    max_gpu_gb: float | None = Field(default=None, gt=0)
    early_stop_trials: SkipJsonSchema[bool | None] = None
    search_objectives: list[str] = Field(default_factory=list)
    """Besides the loss: `time` of a training, `size` as the numbers that it moves."""

    @field_validator("search_objectives")
    @classmethod
    def _known_objectives(cls, said: list[str]) -> list[str]:
        """Checked here and not listed in the schema, which every message carries."""
        if wrong := [name for name in said if name not in ("loss", "time", "size")]:
            raise ValueError(f"time and size can be weighed against the loss, not {', '.join(wrong)}")
        return said

    @property
    def unknown(self) -> dict[str, Any]:
        """A search goes by the validation loss: that it should is no more than was asked for."""
        left = super().unknown
        by_loss = left.get("search_metric") == "eval_loss"
        return {k: v for k, v in left.items() if not (by_loss and k in ("search_metric", "search_direction"))}


class Compare(Arguments):
    """Two runs side by side."""

    runs: list[str] | str = "all"


class Evaluate(OfRun):
    """How good a run's result is."""

    compare_to_base: bool = False
    eval_suite: SkipJsonSchema[Literal["general", "pii_leakage"] | None] = None


class Ask(OfRun):
    """A prompt for the tuned model."""

    prompt: str = ""
    temperature: float | None = Field(default=None, ge=0, le=5)
    max_new_tokens: int = Field(default=128, ge=1, le=2048)


class Export(OfRun):
    """Write the tuned model somewhere."""

    export_format: Literal["adapter", "merged", "gguf", "gguf_adapter"] = "adapter"
    output_dir: str | None = None


class Advise(Arguments):
    """A question that changes nothing."""

    topic: str | None = None
    question: str = ""


class Clarify(Arguments):
    """Ask the person the one question that helps."""

    missing: list[str] = Field(default_factory=list)
    question: str = ""


class Refuse(Arguments):
    """Decline, and say what can be done instead."""

    refuse_reason: str = "off_topic"


class Nothing(Arguments):
    """No arguments."""
