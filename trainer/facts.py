"""What the numbers of a plan are derived from: the data, the base model, the machine."""

from __future__ import annotations

from typing import Any, Literal

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
    """Up to 10 row numbers, the first row is 1 (lines of the file for what could not be read)."""
    advice: str
    why: str = ""
    """Why it matters."""
    step: dict[str, Any] | None = None
    """The repair that is proposed, as a step of `trainer.data.repair`; None: none, or a person must judge."""


class Column(Fact):
    """One column as it was read."""

    name: str
    kind: Literal["text", "number", "bool", "list", "object", "mixed", "empty"]
    filled: int
    distinct: int
    mean_chars: float
    examples: tuple[str, ...] = ()
    """Up to three values, cut to 80 characters."""


class LengthChoice(Fact):
    """What a max_length would cut off, as shares (0 to 1)."""

    max_length: int
    rows_cut: float
    rows_without_answer: float
    answer_lost: float
    """Answer tokens cut off over all answer tokens."""


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
    trained_share: float = 0.0
    """Answer tokens over all tokens, 0 to 1."""
    choices: tuple[LengthChoice, ...] = ()


class Piece(Fact):
    """A stretch of one rendered row; `trained` says whether its loss counts."""

    text: str
    trained: bool


class Shown(Fact):
    """One row as the model will see it."""

    row: int
    pieces: tuple[Piece, ...]


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
    extras: dict[str, str] = Field(default_factory=dict)
    """What else the columns are: id, date, group, split, speaker, language."""
    confidence: dict[str, float] = Field(default_factory=dict)
    """How sure each role is, 0 to 1."""
    evidence: dict[str, str] = Field(default_factory=dict)
    """Why each role was taken."""
    notes: dict[str, Any] = Field(default_factory=dict)
    """How the file was read: delimiter, line ends, sheets, parts, share of a sample."""
    languages: dict[str, int] = Field(default_factory=dict)
    """ISO 639-1 code -> rows, among those looked at."""
    histogram: tuple[tuple[int, int], ...] = ()
    """(upper end in characters, rows): how long the rows are."""
    quality: str = ""
    """The state of the data in plain words; '' when they were only read."""
    fix_first: tuple[str, ...] = ()
    """Rules of the (up to three) findings to mend first."""
    shown: Shown | None = None
    """A training row with what is trained on marked."""


class Linear(Fact):
    """A kind of weight matrix that the layers have, and how many of them there are."""

    name: str
    inputs: int
    outputs: int
    count: int


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
    model_type: str = "llama"
    """The architecture's name in transformers."""
    head_dim: int = 0
    """Width of one attention head; 0: hidden / heads."""
    tied: bool = True
    """Whether the head shares the embeddings' weights."""
    linears: tuple[Linear, ...] = ()
    """Matrices of the layers: read from the weights' headers, or as a Llama of this size has them."""
    layer_params: int = 0
    """Parameters of one layer."""

    @property
    def q_dim(self) -> int:
        """Width of all query heads together."""
        return (self.head_dim or self.hidden // max(self.heads, 1)) * self.heads

    @property
    def kv_dim(self) -> int:
        """Width of all key (or value) heads together."""
        return (self.head_dim or self.hidden // max(self.heads, 1)) * self.kv_heads


class Gpu(Fact):
    """One accelerator."""

    name: str
    memory_gb: float
    bf16: bool


class Past(Fact):
    """How far estimates were off in finished runs on this machine: measured over estimated."""

    runs: int
    ratio: float
    """Median of measured / estimated: above 1, estimates were too low."""
    error_p50: float
    """Median of |estimated / measured - 1|."""
    error_p90: float


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
    startup_seconds: float | None = None
    """Importing what a training process needs, measured."""
    fingerprint: str = ""
    """Tells this machine from others: processor, cores, memory, accelerators."""
    past: dict[str, Past] = Field(default_factory=dict)
    """'time' and 'memory', each with ':formula' or ':probe', over finished runs (see trainer.estimates.record)."""

    def rate(self, precision: str, threads: int) -> float | None:
        """Measured GFLOP/s of training steps, or None when it was not measured."""
        return self.train_gflops.get(f"{precision}/{threads}")


class Beside(Fact):
    """What lies beside the data and decides: files and models that a wish names, programs that are installed."""

    teacher: ModelFacts | None = None
    same_tokenizer: bool | None = None
    """Whether teacher and student cut text alike; None: not known."""
    fingerprints: dict[str, str] = Field(default_factory=dict)
    """Wish (reward_file, retention_path) -> SHA-256 of the file it names."""
    paths: dict[str, str] = Field(default_factory=dict)
    """Wish -> the whole path of that file: a run starts elsewhere."""
    answers: Literal["", "number"] = ""
    """What the answers are, where a rule can judge them: numbers (or GSM8K's '#### n')."""
    general_format: str = ""
    """Format of the general rows that are mixed in."""
    general_rows: int = 0
    """How many of them may be trained on."""
    verdicts: tuple[int, int] = (0, 0)
    """Rows marked good, rows marked bad."""
    installed: tuple[str, ...] = ()
    """Optional programs that are here: flash_attn, liger_kernel, deepspeed."""


class Facts(Fact):
    """All a plan is derived from."""

    data: DataProfile
    usable_rows: int
    model: ModelFacts
    machine: Machine
    beside: Beside = Beside()
