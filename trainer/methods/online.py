"""What trainers share that write answers while they train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.data.spread import spread
from trainer.data.tokenizer import ChatTokenizer
from trainer.methods.dataset import prompts
from trainer.methods.setup import Setup
from trainer.plan import Grpo, Rloo

WATCHED = 32
"""Prompts answered at each look; writing answers is slow."""


class OurPrompts:
    """Mixed into an online trainer: prompts are rendered already and become tokens by our own tokenizer."""

    ours: ChatTokenizer
    longest: int

    def _tokenize_prompts(self, texts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [self.ours.encode(text).ids[-self.longest :] for text in texts], None, {}


def online(kind: Any, config: Any, setup: Setup, **more: Any) -> Any:
    """A trainer of `kind` over the plan's prompts, the end of a long prompt kept."""
    trainer_class = type(f"Our{kind.__name__}", (OurPrompts, kind), {})
    trainer = trainer_class(
        args=setup.config(config),
        train_dataset=prompts(setup.train, setup.ours),
        eval_dataset=prompts(spread(setup.val, WATCHED), setup.ours),
        **setup.parts(),
        **more,
    )
    trainer.ours, trainer.longest = setup.ours, setup.plan.schedule.max_length
    return trainer


def scored(setup: Setup) -> list[Any]:
    """The plan's reward functions."""
    from trainer.rewards.build import functions

    if not isinstance(setup.plan.method, Grpo | Rloo):
        return []
    return functions(setup.plan.method.rewards, Path(setup.output_dir).parent, setup.note)
