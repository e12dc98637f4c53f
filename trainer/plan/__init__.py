"""The plan: frozen data that says everything a training run will do.

Field names are TRL's, PEFT's and transformers' own. Every leaf name is unique, so that a plan can
be edited, searched over and compared by flat names (see `trainer.fields`).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import Field, model_validator

from trainer.plan.adapters import WHOLE, AdaLora, Adapter, Freeze, Full, Ia3, Lora, Oft, Vera, Virtual
from trainer.plan.methods import (
    ONLINE,
    PAIRWISE,
    Cpo,
    Cpt,
    Distillation,
    Dpo,
    Grpo,
    Kto,
    Method,
    Orpo,
    Reward,
    RewardModeling,
    Rloo,
    Sft,
)
from trainer.plan.part import Part
from trainer.plan.sections import Budget, Compute, Data, Evaluation, Optimisation, Schedule, Scheduler

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


class Plan(Part):
    """All that a run does. Same plan, same data, same versions: same result."""

    schema_version: Literal[2] = 2
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

    @model_validator(mode="after")
    def _fits_together(self) -> Plan:
        method, batch = self.method, self.effective_batch_size
        if isinstance(method, Grpo | Rloo) and batch % method.num_generations:
            raise ValueError(
                f"the effective batch ({batch} answers a step) must be a multiple of num_generations "
                f"({method.num_generations})"
            )
        if self.compute.padding_free and (isinstance(self.adapter, Virtual) or method.method not in ("sft", "cpt")):
            raise ValueError(
                f"padding_free is not known for {method.method} with {self.adapter.tuning}: rows are padded"
            )
        return self

    @property
    def effective_batch_size(self) -> int:
        """Rows an optimizer step sees, over all processes."""
        s = self.schedule
        return s.per_device_train_batch_size * s.gradient_accumulation_steps * self.compute.num_processes

    @property
    def online(self) -> bool:
        """Whether answers are written while it trains."""
        return self.method.method in ONLINE

    @property
    def whole_model(self) -> bool:
        """Whether the model's own weights change, rather than an adapter beside them."""
        return isinstance(self.adapter, WHOLE)

    def digest(self) -> str:
        """SHA-256 of the plan's content in canonical JSON: what an approval is bound to."""
        document = self.model_dump(mode="json")
        if document["evaluation"]["on_divergence"] == "ask":
            del document["evaluation"]["on_divergence"]  # approvals from before the field was there stay good
        text = json.dumps(document, sort_keys=True, ensure_ascii=False)
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


__all__ = [
    "ONLINE",
    "PAIRWISE",
    "WHOLE",
    "AdaLora",
    "Adapter",
    "Budget",
    "Compute",
    "Cpo",
    "Cpt",
    "Data",
    "Distillation",
    "Dpo",
    "Evaluation",
    "Freeze",
    "Full",
    "Grpo",
    "Ia3",
    "Kto",
    "Lora",
    "Method",
    "Oft",
    "Optimisation",
    "Orpo",
    "Part",
    "Plan",
    "Reward",
    "RewardModeling",
    "Rloo",
    "Schedule",
    "Scheduler",
    "Sft",
    "Task",
    "Vera",
    "Virtual",
]
