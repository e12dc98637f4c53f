"""Makes the built-in base model from nothing but a seed: `python -m trainer.builtin.pretrain`.

Writes the corpus, learns the tokenizer, pretrains a small Llama on the CPU and saves both with a
model card. The only module here that needs torch and transformers, with `vocabulary`.
"""

import argparse
import math
import sys
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from trainer.builtin import card, vocabulary
from trainer.builtin.corpus import documents

FOLDER = Path(__file__).parent / "model"
_EVAL_SEED = 90_001


@dataclass(frozen=True)
class Settings:
    """What decides the result. `batch` counts windows, `window` tokens."""

    seed: int = 11
    steps: int = 1400
    batch: int = 16
    window: int = 256
    learning_rate: float = 3e-3
    warmup_steps: int = 100
    weight_decay: float = 0.1
    clip: float = 1.0
    threads: int = 2
    wide_every: int = 8
    tokenizer_documents: int = 30_000
    eval_windows: int = 64


def build(vocab_size: int, tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """A Llama of about 3.7 million parameters with random weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        intermediate_size=512,
        max_position_embeddings=vocabulary.MAX_LENGTH,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def windows(tokenizer: PreTrainedTokenizerFast, seed: int, count: int, length: int) -> torch.Tensor:
    """`count` windows of `length` tokens, documents one after the other: int64 [count, length]."""
    needed, found, parts = count * length, 0, []
    stream = documents(seed)
    while found < needed:
        texts = [document.render() for document in islice(stream, 2_000)]
        rows = tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        parts += [np.array(row.ids, dtype=np.int64) for row in rows]
        found += sum(len(row.ids) for row in rows)
    return torch.from_numpy(np.concatenate(parts)[:needed].reshape(count, length))


def pretrain(model: LlamaForCausalLM, data: torch.Tensor, settings: Settings) -> None:
    """One pass over `data`, int64 [steps * batch, window], cosine to a tenth of the peak rate."""
    optimiser = _optimiser(model, settings)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, settings))
    model.train()
    began, sum_of_losses = time.monotonic(), 0.0
    for step, rows in enumerate(torch.split(data, settings.batch), start=1):
        # Now and then four windows in a row, or positions past the window stay untrained.
        wide = step % settings.wide_every == 0
        loss = mean_loss(model, rows.reshape(len(rows) // 4, -1) if wide else rows)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        sum_of_losses += loss.item()
        if step % 50 == 0:
            spent = time.monotonic() - began
            sys.stdout.write(f"step {step} loss {sum_of_losses / 50:.4f} {spent:.0f} s\n")
            sys.stdout.flush()
            sum_of_losses = 0.0


def mean_loss(model: LlamaForCausalLM, rows: torch.Tensor) -> torch.Tensor:
    """Mean next-token cross-entropy in nats over int64 [batch, window], products in bf16."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=rows).logits
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]).float(), rows[:, 1:].reshape(-1)
    )


@torch.no_grad()
def evaluate(model: LlamaForCausalLM, rows: torch.Tensor) -> float:
    """Mean loss in nats per token over held-out windows."""
    model.train(False)
    losses = [float(mean_loss(model, part)) for part in torch.split(rows, 8)]
    return sum(losses) / len(losses)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Weights in fp16, but a configuration that says fp32: whoever loads it trains in fp32."""
    tokenizer.save_pretrained(folder)
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        max_new_tokens=128,
    )
    model.half().save_pretrained(folder)  # type: ignore[no-untyped-call]
    model.config.dtype = torch.float32
    model.config.save_pretrained(folder)


def run(settings: Settings, folder: Path) -> card.Figures:
    """Everything from the seed to the folder; returns what was measured."""
    began = time.monotonic()
    torch.set_num_threads(settings.threads)
    sample = islice(documents(settings.seed + 1), settings.tokenizer_documents)
    texts = (part for document in sample for part in document.parts())
    tokenizer = vocabulary.train(texts)
    data = windows(tokenizer, settings.seed, settings.steps * settings.batch, settings.window)
    held_out = windows(tokenizer, _EVAL_SEED, settings.eval_windows, settings.window)
    model = build(len(tokenizer), tokenizer, settings.seed)
    random_loss = evaluate(model, held_out)
    pretrain(model, data, settings)
    eval_loss = evaluate(model, held_out)
    save(model, tokenizer, folder)
    saved = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    figures = card.Figures(
        parameters=saved.num_parameters(),
        megabytes=sum(file.stat().st_size for file in folder.iterdir()) / 1e6,
        tokens_seen=data.numel(),
        minutes=(time.monotonic() - began) / 60,
        random_loss=random_loss,
        eval_loss=eval_loss,
        saved_loss=evaluate(saved, held_out),
    )
    (folder / "README.md").write_text(card.write(figures, asdict(settings)), "utf-8")
    return figures


def _optimiser(model: LlamaForCausalLM, settings: Settings) -> torch.optim.Optimizer:
    """AdamW; gains of the norms do not decay."""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": settings.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=settings.learning_rate,
        betas=(0.9, 0.95),
        fused=True,
    )


def _rate(step: int, settings: Settings) -> float:
    """Share of the peak learning rate at `step`."""
    if step < settings.warmup_steps:
        return (step + 1) / settings.warmup_steps
    done = (step - settings.warmup_steps) / max(1, settings.steps - settings.warmup_steps)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, done)))


def main() -> None:
    """Command line: the folder to write, steps and threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--threads", type=int, default=Settings.threads)
    parser.add_argument("--learning-rate", type=float, default=Settings.learning_rate)
    given = parser.parse_args()
    settings = Settings(steps=given.steps, threads=given.threads, learning_rate=given.learning_rate)
    sys.stdout.write(f"{run(settings, given.output)}\n")


if __name__ == "__main__":
    main()
