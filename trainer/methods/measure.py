"""One model on the sealed rows: losses, answers, and the scores its metric asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trainer.comparison import SAMPLES, Measured
from trainer.data import tokenizer as tokenizers
from trainer.data.convert import Example
from trainer.data.encode import IGNORE, Encoded
from trainer.data.pairs import Judged
from trainer.data.proof import JUDGED
from trainer.data.spread import spread
from trainer.data.tokenizer import ChatTokenizer
from trainer.methods import answers
from trainer.methods.dataset import compared, encoded
from trainer.methods.models import head_of, load_tokenizer, ready
from trainer.plan import Plan, Reward
from trainer.retention import held

REWARD_BATCH = 16


def _untold(done: int, of: int) -> None:
    """Nobody waits for the progress."""


@dataclass(frozen=True)
class Sheet:
    """The same questions for both models."""

    plan: Plan
    base: Path
    sealed: list[Example]
    score: Callable[[list[str], list[Example]], list[float]] | None = None
    """For the metric reward: what written answers earn."""
    tick: Callable[[int, int], None] = _untold

    @cached_property
    def tokenizer(self) -> ChatTokenizer:
        """Ours, with the plan's new tokens."""
        return tokenizers.load(str(self.base)).with_tokens(self.plan.data.new_tokens)

    @cached_property
    def pairs(self) -> list[Judged]:
        """Judged rows, of methods that learn from them."""
        return compared(self.sealed, self.plan, self.tokenizer) if self.plan.method.method in JUDGED else []

    @cached_property
    def rows(self) -> list[Encoded]:
        """Rows whose loss is told; of judged rows the better answers."""
        if self.pairs:
            return [pair.sides()[0] for pair in self.pairs]
        return encoded(self.sealed, self.plan, self.tokenizer)

    @cached_property
    def chosen(self) -> list[Example]:
        """Rows for which answers are written."""
        if self.plan.evaluation.metric == "perplexity":
            return []
        most = SAMPLES if self.pairs else self.plan.evaluation.generate_rows
        return spread(self.sealed, most)

    @cached_property
    def general(self) -> list[Encoded]:
        """General rows that were kept out of training, when general rows were mixed in."""
        return encoded(held(self.plan), self.plan, self.tokenizer)


def measure(sheet: Sheet, model: Any) -> Measured:
    """Everything the comparison needs of one model."""
    plan = sheet.plan
    model = ready(model, plan)
    tokenizer = load_tokenizer(sheet.base, plan)
    if head_of(plan) == "reward" and hasattr(model, "score"):
        return Measured(pairs=_rewards(model, sheet.pairs, tokenizer.pad_token_id))
    loss, tokens = answers.losses(model, sheet.rows, tokenizer.pad_token_id)
    forgotten = answers.losses(model, sheet.general, tokenizer.pad_token_id)[0] if sheet.general else []
    ended: list[bool] = []
    said = written(sheet, model, tokenizer, ended) if head_of(plan) == "causal" else []
    return Measured(
        losses=np.array(loss),
        tokens=np.array(tokens, dtype=float),
        answers=said,
        ended=ended,
        pairs=_liked(model, sheet.pairs, loss, tokenizer.pad_token_id),
        earned=np.array(sheet.score(said, sheet.chosen)) if sheet.score else None,
        general=np.array(forgotten),
        letters=np.array([_bytes(row, tokenizer) for row in sheet.rows], dtype=float),
    )


def _bytes(row: Encoded, tokenizer: Any) -> int:
    """Bytes of the text whose loss is counted; marks of the model's own have none."""
    counted = [label for label in row.labels[1:] if label != IGNORE]
    return max(1, len(tokenizer.decode(counted, skip_special_tokens=True).encode()))


def written(sheet: Sheet, model: Any, tokenizer: Any, ended: list[bool]) -> list[str]:
    """The model's answers to the chosen rows; `ended` takes up whether each came to an end of its own."""
    prompts = [prompt_of(e, sheet.tokenizer) for e in sheet.chosen]
    most = sheet.plan.evaluation.max_new_tokens
    tick = lambda done: sheet.tick(done, len(prompts))  # noqa: E731
    return answers.write(model, tokenizer, prompts, most, tick=tick, ended=ended)


def prompt_of(example: Example, tokenizer: ChatTokenizer) -> str:
    """The conversation up to the last answer, rendered as in training."""
    return tokenizer.prompt_text([{"role": r, "content": c} for r, c in example.messages[:-1]])


def _liked(model: Any, pairs: list[Judged], loss: list[float], pad: int) -> list[tuple[float, float]]:
    """Of each pair how likely the model finds each answer, as mean log-probability a token; (likely, good) for KTO."""
    if not pairs:
        return []
    if pairs[0].good is not None:
        return [(-value, float(bool(pair.good))) for value, pair in zip(loss, pairs, strict=True)]
    other, _ = answers.losses(model, [pair.sides()[1] for pair in pairs], pad)
    return [(-better, -worse) for better, worse in zip(loss, other, strict=True)]


@torch.no_grad()
def _rewards(model: Any, pairs: list[Judged], pad: int) -> list[tuple[float, float]]:
    """What a reward model gives the better and the worse answer."""
    flat = [side.input_ids for pair in pairs for side in pair.sides()]
    scores: list[float] = []
    for start in range(0, len(flat), REWARD_BATCH):
        batch = flat[start : start + REWARD_BATCH]
        width = max(map(len, batch))
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in batch], device=model.device)
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in batch], device=model.device)
        scores += model(input_ids=ids, attention_mask=mask).logits[:, 0].float().tolist()
    return list(zip(scores[::2], scores[1::2], strict=True))


def earned(rewards: tuple[Reward, ...], functions: list[Any], said: list[str], rows: list[Example]) -> list[float]:
    """Mean reward of each answer, weighted; a reward that could not judge an answer counts as nothing."""
    columns = {"reference": [e.answer for e in rows], "row": [e.row for e in rows]}
    names = dict.fromkeys(name for e in rows for name, _ in e.columns)
    columns |= {name: [dict(e.columns).get(name, "") for e in rows] for name in names}
    prompts = [e.prompt for e in rows]
    given = [function(completions=said, prompts=prompts, **columns) for function in functions]
    weights = [reward.weight for reward in rewards]
    return [
        sum(w * (g or 0.0) for w, g in zip(weights, row, strict=True)) / sum(weights)
        for row in zip(*given, strict=True)
    ]
