"""What a method needs to make its trainer, and what all trainers of ours share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer.data import tokenizer as tokenizers
from trainer.data.convert import Example
from trainer.data.tokenizer import ChatTokenizer
from trainer.methods.adalora import Allocate
from trainer.methods.arguments import adapter_arguments, training_arguments
from trainer.methods.models import load_base, load_tokenizer
from trainer.plan import AdaLora, Plan


def _silent(_: dict[str, Any]) -> None:
    """No record is kept."""


@dataclass(frozen=True)
class Setup:
    """One training: the plan, the base model's folder, the rows, and where it saves."""

    plan: Plan
    base: Path
    train: list[Example]
    val: list[Example]
    output_dir: Path
    total_steps: int
    callbacks: list[Any] = field(default_factory=list)
    note: Callable[[dict[str, Any]], None] = _silent
    """Told of what happens outside the logged metrics, such as rewards that failed."""

    @cached_property
    def ours(self) -> ChatTokenizer:
        """The tokenizer that makes the rows' tokens, with the plan's new tokens."""
        return tokenizers.load(str(self.base)).with_tokens(self.plan.data.new_tokens)

    def config(self, kind: Any) -> Any:
        """The method's TRL config."""
        return kind(**training_arguments(self.plan, str(self.output_dir), self.total_steps))

    def adapter(self) -> Any:
        """PEFT's config of the plan's adapter, or None."""
        import peft

        ids = [self.ours.id_of(word) for word in self.plan.data.new_tokens]
        found = adapter_arguments(self.plan, self.total_steps, tuple(i for i in ids if i is not None))
        return None if found is None else getattr(peft, found[0])(**found[1])

    def parts(self, head: str = "causal") -> dict[str, Any]:
        """Model, tokenizer, adapter and callbacks, as every TRL trainer takes them."""
        adaptive = [Allocate()] if isinstance(self.plan.adapter, AdaLora) else []
        return {
            "model": load_base(self.plan, self.base, head),
            "processing_class": load_tokenizer(self.base, self.plan),
            "peft_config": self.adapter(),
            "callbacks": [*adaptive, *self.callbacks],
        }


class Prepared:
    """Mixed into a TRL trainer whose rows come as token ids already."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset
