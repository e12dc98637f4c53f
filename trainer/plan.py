"""The plan: frozen data that says everything a training run will do.

Field names are TRL's, PEFT's and transformers' own. Every leaf name is unique, so that a plan can
be edited, searched over and compared by flat names (see `trainer.fields`).
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Task = Literal[
    "chat_assistant",
    "customer_support",
    "question_answering",
    "instruction_following",
    "text_classification",
    "information_extraction",
    "summarization",
    "translation",
    "text_to_sql",
    "code_generation",
    "style_imitation",
    "roleplay",
    "tool_calling",
    "math_reasoning",
    "domain_adaptation",
    "preference_alignment",
]
Scheduler = Literal[
    "linear",
    "cosine",
    "constant",
    "constant_with_warmup",
    "cosine_with_restarts",
    "polynomial",
    "inverse_sqrt",
]


class Part(BaseModel):
    """A frozen section of the plan that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sft(Part):
    """Supervised fine-tuning: learn to write the answers in the data."""

    method: Literal["sft"] = "sft"
    assistant_only_loss: bool = True
    """Train on the answers alone, not on the prompts."""


class Cpt(Part):
    """Continued pretraining: go on reading plain text."""

    method: Literal["cpt"] = "cpt"


class Lora(Part):
    """A LoRA adapter beside frozen weights (PEFT's LoraConfig)."""

    tuning: Literal["lora"] = "lora"
    lora_r: int = Field(ge=1, le=1024)
    lora_alpha: int = Field(ge=1, le=4096)
    lora_dropout: float = Field(ge=0, lt=1)
    target_modules: str | tuple[str, ...] = "all-linear"


class Full(Part):
    """All weights are trained."""

    tuning: Literal["full"] = "full"


Method = Annotated[Sft | Cpt, Field(discriminator="method")]
Adapter = Annotated[Lora | Full, Field(discriminator="tuning")]


class Data(Part):
    """What is learned from, and how it is divided."""

    dataset_path: str
    fingerprint: str
    """SHA-256 of the file's bytes; a changed file voids the approval."""
    format: str
    roles: dict[str, str]
    """Role (prompt, completion, label, messages, text, ...) -> column."""
    skip_rows: tuple[str, ...] = ()
    """Kinds of rows left out: empty, duplicates."""
    max_samples: int | None = Field(default=None, ge=1)
    val_split: float = Field(ge=0, lt=0.9)
    """Fraction of the rows whose loss is watched in training."""
    holdout_split: float = Field(ge=0, lt=0.9)
    """Fraction of the rows that training and search never see."""
    holdout_max: int = Field(default=1000, ge=1)


class Optimisation(Part):
    """How the weights move."""

    learning_rate: float = Field(gt=0, le=0.1)
    lr_scheduler_type: Scheduler = "cosine"
    warmup_ratio: float = Field(default=0.03, ge=0, lt=1)
    warmup_steps: int | None = Field(default=None, ge=0)
    """Takes the place of warmup_ratio when given."""
    optim: str = "adamw_torch"
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    max_grad_norm: float = Field(default=1.0, gt=0, le=1000)


class Schedule(Part):
    """How much is seen, in which pieces."""

    num_train_epochs: float = Field(gt=0, le=1000)
    max_steps: int = Field(default=-1, ge=-1)
    """-1: by epochs."""
    per_device_train_batch_size: int = Field(ge=1, le=4096)
    gradient_accumulation_steps: int = Field(default=1, ge=1, le=4096)
    max_length: int = Field(ge=8, le=1_048_576)
    """Tokens a row may have; longer rows are cut at the end."""
    seed: int = Field(default=42, ge=0, le=2**32 - 1)

    @model_validator(mode="after")
    def _some_steps(self) -> Schedule:
        if self.max_steps == 0:
            raise ValueError("max_steps must be -1 (by epochs) or at least 1")
        return self


class Evaluation(Part):
    """What is watched, and what decides."""

    eval_steps: int = Field(ge=1)
    early_stopping_patience: int | None = Field(default=None, ge=1)
    load_best_model_at_end: bool = True
    metric: Literal["accuracy", "chrf", "perplexity"]
    """Metric on the sealed hold-out."""
    generate_rows: int = Field(ge=1, le=5000)
    """Hold-out rows for which answers are written."""
    max_new_tokens: int = Field(ge=1, le=4096)


class Compute(Part):
    """What it runs on. Only these fields may be changed by an automatic repair."""

    device: Literal["cpu", "cuda", "mps"]
    precision: Literal["fp32", "bf16", "fp16"]
    threads: int = Field(ge=1, le=1024)
    padding_free: bool = True
    """Rows laid end to end with attention per row, instead of padded to the longest."""
    gradient_checkpointing: bool = False


class Budget(Part):
    """What it may cost and must allow. None: nothing was said."""

    max_hours: float | None = Field(default=None, gt=0)
    budget_usd: float | None = Field(default=None, ge=0)
    max_gpu_gb: float | None = Field(default=None, gt=0)
    """Memory of the GPU that was described."""
    commercial_use: bool | None = None
    """Whether the result must be usable commercially."""


class Plan(Part):
    """All that a run does. Same plan, same data, same versions: same result."""

    schema_version: Literal[1] = 1
    goal: str = Field(max_length=4000)
    task: Task
    base_model: str
    model_fingerprint: str
    """SHA-256 over the model folder's config, tokenizer and weights; 'not here' when absent."""
    method: Method
    adapter: Adapter
    data: Data
    optimisation: Optimisation
    schedule: Schedule
    evaluation: Evaluation
    compute: Compute
    budget: Budget = Budget()

    @property
    def effective_batch_size(self) -> int:
        """Rows an optimizer step sees."""
        s = self.schedule
        return s.per_device_train_batch_size * s.gradient_accumulation_steps

    def digest(self) -> str:
        """SHA-256 of the plan's content in canonical JSON: what an approval is bound to."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def leaves(self) -> dict[str, Any]:
        """Flat name -> value, in the plan's order."""
        flat: dict[str, Any] = {}
        for name, value in self.model_dump(mode="json").items():
            if isinstance(value, dict):
                flat |= value
            else:
                flat[name] = value
        return flat
