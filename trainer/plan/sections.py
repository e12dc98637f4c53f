"""The parts of a plan beside method and adapter. Every leaf name is unique over the whole plan."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from trainer.plan.part import Part

Scheduler = Literal[
    "linear",
    "cosine",
    "constant",
    "constant_with_warmup",
    "cosine_with_restarts",
    "polynomial",
    "inverse_sqrt",
]


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
    new_tokens: tuple[str, ...] = ()
    """Words that become tokens of their own; their embeddings are trained."""
    retention_path: str | None = None
    """General rows mixed in, so that less is forgotten."""
    retention_fingerprint: str | None = None
    retention_share: float = Field(default=0.0, ge=0, lt=0.9)
    """Share of the training rows that are general ones."""


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
    neftune_noise_alpha: float | None = Field(default=None, gt=0, le=100)
    """Noise on the embeddings in training (arXiv 2310.05914); None: none."""


class Schedule(Part):
    """How much is seen, in which pieces."""

    num_train_epochs: float = Field(gt=0, le=1000)
    max_steps: int = Field(default=-1, ge=-1)
    """-1: by epochs."""
    per_device_train_batch_size: int = Field(ge=1, le=4096)
    gradient_accumulation_steps: int = Field(default=1, ge=1, le=4096)
    max_length: int = Field(ge=8, le=1_048_576)
    """Tokens a row may have; longer rows are cut at the end."""
    train_sampling_strategy: Literal["random", "sequential", "group_by_length"] = "random"
    """group_by_length lays rows of like length together where rows must be padded."""
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
    on_divergence: Literal["ask", "go_on"] = "ask"
    """Whether a run whose loss leaves its path for good is held until the person has answered."""
    metric: Literal["accuracy", "chrf", "perplexity", "pair_accuracy", "auc", "reward"]
    """Metric on the sealed hold-out. pair_accuracy: share of pairs whose better answer the model prefers; auc: how
    well likelihood tells good answers from bad; reward: mean reward of written answers."""
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
    attn_implementation: Literal["per_document", "sdpa", "eager", "flash_attention_2"] = "sdpa"
    gradient_checkpointing: bool = False
    activation_offloading: bool = False
    """Activations wait in the computer's memory until the backward pass (GPU only)."""
    torch_compile: bool = False
    use_liger_kernel: bool = False
    """Fused kernels on a GPU."""
    backend: Literal["local", "ray", "hosted"] = "local"
    address: str | None = None
    """ray: the cluster's address (None: one of its own on this machine); hosted: the service's base URL."""
    num_processes: int = Field(default=1, ge=1, le=4096)
    """Processes that train one model together; each sees its own share of the batch."""
    num_nodes: int = Field(default=1, ge=1, le=1024)
    distributed: Literal["none", "ddp", "fsdp2", "deepspeed"] = "none"


class Budget(Part):
    """What it may cost and must allow. None: nothing was said."""

    max_hours: float | None = Field(default=None, gt=0)
    budget_usd: float | None = Field(default=None, ge=0)
    max_gpu_gb: float | None = Field(default=None, gt=0)
    """Memory of the GPU that was described."""
    gpu_price_per_hour: float | None = Field(default=None, ge=0)
    """USD an hour that the person named, in place of the price table's."""
    commercial_use: bool | None = None
    """Whether the result must be usable commercially."""
