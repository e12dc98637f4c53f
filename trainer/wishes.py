"""What the person asked for, in the plan's own names. Everything not said is None."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from trainer.plan import Scheduler, Task
from trainer.plan.methods import RewardKind


class Wishes(BaseModel):
    """A goal and the values the person fixed. Numbers that were not said stay None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    goal: str = Field(default="", description="the goal in the person's own words")
    task: Task | None = None
    language: str | None = Field(default=None, description="ISO 639-1 code of the wanted output")
    dataset_path: str | None = None
    prompt_column: str | None = None
    completion_column: str | None = None
    messages_column: str | None = None
    label_column: str | None = None
    text_column: str | None = None
    chosen_column: str | None = None
    rejected_column: str | None = None
    val_split: float | None = Field(default=None, gt=0, lt=0.9)
    max_samples: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=0)
    method: (
        Literal["sft", "cpt", "dpo", "kto", "orpo", "cpo", "reward_modeling", "grpo", "rloo", "distillation"] | None
    ) = None
    beta: float | None = Field(default=None, ge=0, le=10)
    loss_type: str | None = Field(default=None, description="sigmoid, ipo, simpo, dr_grpo, ...")
    label_smoothing: float | None = Field(default=None, ge=0, lt=0.5)
    reward: list[RewardKind] | None = Field(default=None, description="what scores written answers (grpo, rloo)")
    reward_pattern: str | None = Field(default=None, description="for regex")
    reward_schema: dict[str, Any] | None = Field(default=None, description="for json_schema")
    reward_file: str | None = Field(default=None, description="for custom: a Python file")
    reward_min_length: int | None = Field(default=None, ge=0)
    reward_max_length: int | None = Field(default=None, ge=1)
    judge_model: str | None = Field(default=None, description="for judge, as LiteLLM names it")
    rubric: str | None = Field(default=None, description="for judge: what makes an answer good")
    num_generations: int | None = Field(default=None, ge=2, le=256)
    max_completion_length: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, gt=0, le=5, description="of answers written in training")
    teacher_model: str | None = Field(default=None, description="for distillation")
    tuning: (
        Literal[
            "lora", "qlora", "dora", "full", "freeze", "adalora", "ia3", "oft", "vera", "prompt_tuning", "prefix_tuning"
        ]
        | None
    ) = None
    quantization: Literal["none", "4bit", "8bit"] | None = None
    use_rslora: bool | None = None
    init_lora_weights: Literal["default", "gaussian", "pissa", "olora", "eva", "orthogonal"] | None = None
    freeze_trainable_layers: int | None = Field(default=None, ge=1, description="for freeze: layers that are trained")
    num_virtual_tokens: int | None = Field(default=None, ge=1, le=1024)
    new_tokens: list[str] | None = Field(default=None, description="words that become tokens of their own")
    neftune_noise_alpha: float | None = Field(default=None, gt=0, le=100)
    retention_path: str | None = Field(default=None, description="general rows to mix in against forgetting")
    retention_share: float | None = Field(default=None, gt=0, lt=0.9)
    domain: Literal["support", "legal", "health", "finance", "code", "content", "science", "education"] | None = None
    base_model: str | None = None
    lora_r: int | None = Field(default=None, ge=1, le=1024)
    lora_alpha: int | None = Field(default=None, ge=1, le=4096)
    lora_dropout: float | None = Field(default=None, ge=0, lt=1)
    target_modules: str | list[str] | None = None
    assistant_only_loss: bool | None = None
    learning_rate: float | None = Field(default=None, gt=0, le=0.1)
    num_train_epochs: float | None = Field(default=None, gt=0, le=1000)
    max_steps: int | None = Field(default=None, ge=1)
    per_device_train_batch_size: int | None = Field(default=None, ge=1, le=4096)
    gradient_accumulation_steps: int | None = Field(default=None, ge=1, le=4096)
    effective_batch_size: int | None = Field(default=None, ge=1, le=65536)
    max_length: int | None = Field(default=None, ge=8)
    warmup_ratio: float | None = Field(default=None, ge=0, lt=1)
    warmup_steps: int | None = Field(default=None, ge=0)
    lr_scheduler_type: Scheduler | None = None
    weight_decay: float | None = Field(default=None, ge=0, le=1)
    optim: str | None = None
    max_grad_norm: float | None = Field(default=None, gt=0)
    packing: bool | None = None
    padding_free: bool | None = None
    train_sampling_strategy: Literal["random", "sequential", "group_by_length"] | None = None
    attn_implementation: Literal["per_document", "sdpa", "eager", "flash_attention_2"] | None = None
    gradient_checkpointing: bool | None = None
    torch_compile: bool | None = None
    use_liger_kernel: bool | None = None
    bf16: bool | None = None
    fp16: bool | None = None
    eval_steps: int | None = Field(default=None, ge=1)
    early_stopping_patience: int | None = Field(default=None, ge=1)
    load_best_model_at_end: bool | None = None
    on_divergence: Literal["ask", "go_on"] | None = None
    skip_rows: list[Literal["empty", "duplicates"]] | None = None
    device: Literal["cuda", "cpu", "mps"] | None = None
    max_gpu_gb: float | None = Field(default=None, gt=0)
    num_gpus: int | None = Field(default=None, ge=1)
    num_processes: int | None = Field(default=None, ge=1, le=4096)
    num_nodes: int | None = Field(default=None, ge=1, le=1024)
    backend: Literal["local", "ray", "hosted"] | None = None
    address: str | None = Field(default=None, description="of the Ray cluster, or the hosted service's base URL")
    gpu_price_per_hour: float | None = Field(default=None, ge=0, description="USD an hour, in place of the table's")
    max_hours: float | None = Field(default=None, gt=0)
    budget_usd: float | None = Field(default=None, ge=0)
    on_premises: bool | None = None
    commercial_use: bool | None = None
    priority: Literal["speed", "quality", "cost", "memory"] | None = None

    @field_validator("reward", "new_tokens", "skip_rows", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """One word stands for a list of one."""
        return [value] if isinstance(value, str) else value

    def said(self) -> dict[str, Any]:
        """Only what was said."""
        return {k: v for k, v in self.model_dump().items() if v not in (None, "")}

    def merged(self, later: Wishes) -> Wishes:
        """These wishes with later ones on top; what a later one replaces is dropped."""
        newer = later.said()
        kept = {k: v for k, v in self.said().items() if not _replaced(k, newer)}
        if newer.get("dataset_path", self.dataset_path) != self.dataset_path:
            kept = {k: v for k, v in kept.items() if not k.endswith("_column")}  # of another file
        for choice, bound in _BOUND.items():
            if choice in newer and newer[choice] != self.said().get(choice, newer[choice]):
                kept = {k: v for k, v in kept.items() if k not in bound}
        return Wishes(**(kept | newer))


_RIVALS = {
    "warmup_ratio": {"warmup_steps"},
    "warmup_steps": {"warmup_ratio"},
    "num_train_epochs": {"max_steps"},
    "max_steps": {"num_train_epochs"},
    "per_device_train_batch_size": {"effective_batch_size"},
    "gradient_accumulation_steps": {"effective_batch_size"},
    "effective_batch_size": {"per_device_train_batch_size", "gradient_accumulation_steps"},
    "loss_type": {"method"},
    "beta": {"method", "loss_type"},
    "label_smoothing": {"method", "loss_type"},
    "quantization": {"tuning"},
    "freeze_trainable_layers": {"tuning"},
    "num_virtual_tokens": {"tuning"},
}


_BOUND = {
    "method": {"beta", "loss_type", "label_smoothing"},
    "tuning": {"quantization", "use_rslora", "init_lora_weights", "freeze_trainable_layers", "num_virtual_tokens"},
}
"""What a choice brings with it: another choice drops it."""


def _replaced(name: str, newer: dict[str, Any]) -> bool:
    """An older wish yields to a newer one that says the same thing another way."""
    return bool(_RIVALS.get(name, set()) & newer.keys())
