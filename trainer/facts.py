"""What the numbers of a plan are derived from: the data, the base model, the machine."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["info", "warn", "blocker"]


class Fact(BaseModel):
    """Frozen plain data."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class DataFinding(Fact):
    """Something about the data or the plan that a person should know."""

    rule: str
    severity: Severity
    count: int
    rows: tuple[int, ...] = ()
    """Up to 10 row numbers, the first row is 1."""
    advice: str


class Column(Fact):
    """One column as it was read."""

    name: str
    kind: Literal["text", "number", "bool", "list", "object", "mixed", "empty"]
    filled: int
    distinct: int
    mean_chars: float
    examples: tuple[str, ...] = ()
    """Up to three values, cut to 80 characters."""


class Lengths(Fact):
    """Row lengths in tokens of the chosen model."""

    tokenizer: str
    basis: Literal["measured", "approximate"]
    sampled: int
    mean: float
    p50: int
    p95: int
    p99: int
    max: int
    answer_p95: int
    answer_max: int


class DataProfile(Fact):
    """Everything known about a data file."""

    path: str
    fingerprint: str
    bytes: int
    rows: int
    format: str
    encoding: str
    columns: tuple[Column, ...]
    roles: dict[str, str]
    label_counts: dict[str, int] = Field(default_factory=dict)
    question: str | None = None
    """The one question to ask when the roles are unclear."""
    lengths: Lengths | None = None
    findings: tuple[DataFinding, ...] = ()


class ModelFacts(Fact):
    """A base model: from its folder, or from the table of known models."""

    id: str
    path: str | None
    """Folder with the weights; None when they are not on this machine."""
    params: int
    layers: int
    hidden: int
    intermediate: int
    vocab: int
    heads: int
    kv_heads: int
    context: int
    chat_template: bool
    licence: str
    commercial: str
    kind: str
    fingerprint: str
    sources: tuple[str, ...] = ()


class Gpu(Fact):
    """One accelerator."""

    name: str
    memory_gb: float
    bf16: bool


class Machine(Fact):
    """What this computer has, and what it was measured to do."""

    cores: int
    memory_gb: float
    free_disk_gb: float
    gpus: tuple[Gpu, ...] = ()
    bf16_faster: bool | None = None
    """Whether a small training step ran faster in bf16; None when not measured."""
    train_gflops: dict[str, float] = Field(default_factory=dict)
    """Sustained GFLOP/s of a small model's training steps, by 'precision/threads'."""

    def rate(self, precision: str, threads: int) -> float | None:
        """Measured GFLOP/s of training steps, or None when it was not measured."""
        return self.train_gflops.get(f"{precision}/{threads}")


class Facts(Fact):
    """All a plan is derived from."""

    data: DataProfile
    usable_rows: int
    model: ModelFacts
    machine: Machine
