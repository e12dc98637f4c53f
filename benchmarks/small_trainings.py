"""Real but small trainings for benchmarks of the search: a tiny Llama, real rows, a second each.

The loop is plain PyTorch without processes, so that hundreds of trainings fit into minutes: what is compared is
which values a search tries, not how a run is carried out. Validation rows are set apart; loss is on the answers.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import copy
import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from peft import LoraConfig, get_peft_model

from benchmarks.real_faults import PUBLIC, TASKS, Row
from trainer.paths import BUILTIN_MODEL

STORIES = PUBLIC.parent / "models" / "stories260K"
LOOKS = 8
"""Looks at the validation loss in a whole training."""
SHORT = 140
"""Letters of a row; translations, which this tokenizer cuts into many pieces, have half of it."""


@dataclass
class Batch:
    """Token ids and labels, padded: [rows, tokens] each."""

    ids: torch.Tensor
    labels: torch.Tensor


class Training:
    """One task: `train(values, share)` gives the validation losses of one training, the last one at its end."""

    def __init__(self, name: str, rows: list[Row], held: list[Row], epochs: float, lora: bool) -> None:
        folder = STORIES if STORIES.is_dir() else BUILTIN_MODEL
        self.name, self.epochs, self.lora = name, epochs, lora
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.rows, self.held = ([self._tokens(row) for row in part] for part in (rows, held))

    def _tokens(self, row: Row) -> tuple[list[int], list[int]]:
        start = self.tokenizer(row["prompt"][:SHORT] + "\n", add_special_tokens=False)["input_ids"]
        answer = self.tokenizer(row["completion"][:SHORT], add_special_tokens=False)["input_ids"]
        answer = [*answer, self.tokenizer.eos_token_id]
        return start + answer, [-100] * len(start) + answer

    def _batch(self, rows: list[tuple[list[int], list[int]]]) -> Batch:
        longest = max(len(ids) for ids, _ in rows)
        ids = [row + [0] * (longest - len(row)) for row, _ in rows]
        labels = [row + [-100] * (longest - len(row)) for _, row in rows]
        return Batch(torch.tensor(ids), torch.tensor(labels))

    def train(self, values: dict[str, Any], share: float = 1.0) -> list[float]:
        """Validation losses after each part of `share` of the steps."""
        torch.manual_seed(0)
        lot = random.Random(0)
        model = self._fresh(values)
        size = int(values["per_device_train_batch_size"])
        steps = max(1, round(share * self.epochs * len(self.rows) / size))
        weights = [p for p in model.parameters() if p.requires_grad]
        optim = torch.optim.AdamW(weights, lr=values["learning_rate"], weight_decay=values.get("weight_decay", 0.0))
        schedule = transformers.get_scheduler(
            values["lr_scheduler_type"], optim, int(values["warmup_ratio"] * steps), steps
        )
        every = max(1, round(steps / max(2, round(LOOKS * share))))
        order: list[int] = []
        losses: list[float] = []
        for step in range(1, steps + 1):
            while len(order) < size:
                order += lot.sample(range(len(self.rows)), len(self.rows))
            batch, order = self._batch([self.rows[i] for i in order[:size]]), order[size:]
            model(input_ids=batch.ids, labels=batch.labels).loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optim.step()
            schedule.step()
            optim.zero_grad()
            if step % every == 0 or step == steps:
                losses.append(self._loss(model))
        return losses

    def _fresh(self, values: dict[str, Any]) -> Any:
        model = copy.deepcopy(self.model)
        if not self.lora:
            return model.train()
        rank = int(values["lora_r"])
        return get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear")).train()

    @torch.no_grad()
    def _loss(self, model: Any) -> float:
        model.eval()
        total = count = 0.0
        for i in range(0, len(self.held), 32):
            batch = self._batch(self.held[i : i + 32])
            words = int((batch.labels[:, 1:] != -100).sum())
            total += float(model(input_ids=batch.ids, labels=batch.labels).loss) * words
            count += words
        model.train()
        loss = total / count
        return loss if math.isfinite(loss) else 1e6


def training(name: str, data: Path = PUBLIC, epochs: float = 2.0, lora: bool = False, first: int = 0) -> Training:
    """A task by name (see `benchmarks.real_faults.TASKS`): 192 rows to learn from, 48 to watch."""
    task = next(t for t in TASKS if t.name == name)
    source = Path(task.path)
    rows = task.read(source if source.is_absolute() else data / source)
    most = SHORT // 2 if name == "translate" else SHORT
    rows = [r for r in rows if len(r["prompt"]) + len(r["completion"]) < most]
    random.Random(1).shuffle(rows)
    rows = rows[first : first + 240]
    if len(rows) < 240:
        raise SystemExit(f"{name} has only {len(rows)} rows of under {most} letters here: 240 are needed")
    return Training(name, rows[:-48], rows[-48:], epochs, lora)
