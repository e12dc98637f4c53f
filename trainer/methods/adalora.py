"""AdaLoRA moves its ranks after every optimizer step; transformers' loop does not know of it."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


def is_cut(model: Any) -> bool:
    """Whether PEFT cuts this model's matrices as it saves them: they fit the files alone, not a model in training."""
    return any(config.peft_type == "ADALORA" for config in getattr(model, "peft_config", {}).values())


class Allocate(TrainerCallback):
    """Lets the adapter judge which ranks matter while the gradients are still there."""

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any
    ) -> None:
        """Called between the optimizer's step and the clearing of the gradients."""
        inner = getattr(model, "module", model)
        inner.base_model.update_and_allocate(state.global_step)
