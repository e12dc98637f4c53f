"""What a resumed training needs beside the library's own checkpoint to go on as if nothing had happened.

The library restores weights, optimizer, schedule and the random numbers at the step. It forgets the
sums behind the next logged row, and how random numbers stood when the epoch's order was drawn: without
them the first row after a resume is another mean, and samplers that draw from the global generator (by
length) or from one of their own (prompts of online methods) deal the rows anew.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

FILE = "carried-{rank}.pt"
SUMS = ("_metrics", "_stored_metrics")
"""Where trainers of TRL keep the means of the next logged row: {train: {name: [numbers]}}."""


def randomness() -> dict[str, Any]:
    """The state of every random generator, in types that load without a pickle's powers."""
    kind, keys, place, has, cached = np.random.get_state()
    out: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": [kind, torch.from_numpy(np.asarray(keys).astype(np.int64)), place, has, cached],
        "torch": torch.get_rng_state(),
    }
    return out | ({"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {})


def restore_randomness(state: dict[str, Any]) -> None:
    """Set every random generator back to where `randomness` found it."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, place, has, cached = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), place, has, cached))
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def samplers(loader: Any) -> list[Any]:
    """The samplers inside a data loader, the outermost first."""
    found, parts = [], [loader]
    while parts:
        inner = [getattr(part, name, None) for part in parts for name in ("batch_sampler", "sampler")]
        parts = [part for part in inner if part is not None and part not in found]
        found += parts
    return found


def own_generator(loader: Any) -> torch.Generator | None:
    """A generator that belongs to the sampler alone, where it has one."""
    found = (getattr(part, "generator", None) for part in samplers(loader))
    return next((g for g in found if isinstance(g, torch.Generator)), None)


def order_state(loader: Any) -> dict[str, Any]:
    """All that decides in which order a loader will deal the rows."""
    own = own_generator(loader)
    return {"random": randomness(), "own": None if own is None else own.get_state()}


def restore_order(loader: Any, state: dict[str, Any], epoch: int) -> None:
    """Let a loader deal the rows as it did from this state on, in this epoch."""
    restore_randomness(state["random"])
    own = own_generator(loader)
    if own is not None and state["own"] is not None:
        own.set_state(state["own"])
    for part in samplers(loader):
        if hasattr(part, "set_epoch"):
            part.set_epoch(epoch)


def running_sums(trainer: Any) -> dict[str, Any]:
    """The sums behind the next logged row."""
    out = {
        "loss": trainer._tr_loss.detach().clone(),
        "logged": trainer._globalstep_last_logged,
        "tokens": getattr(trainer, "_total_train_tokens", None),
    }
    for name in SUMS:
        if isinstance(kept := getattr(trainer, name, None), dict):
            out[name] = {key: list(values) for key, values in kept.get("train", {}).items()}
    return out


def restore_sums(trainer: Any, sums: dict[str, Any]) -> None:
    """Put the sums back, after the library has set them to nothing."""
    trainer._tr_loss = sums["loss"].to(trainer.args.device)
    trainer._globalstep_last_logged = sums["logged"]
    if sums["tokens"] is not None:
        trainer._total_train_tokens = sums["tokens"]
    for name in SUMS:
        for key, values in sums.get(name, {}).items():
            getattr(trainer, name)["train"][key] = list(values)


def write(folder: Path, rank: int, state: dict[str, Any]) -> None:
    """Keep a state in a checkpoint that is being written."""
    torch.save(_plain(state), folder / FILE.format(rank=rank))


def _plain(value: Any) -> Any:
    """Tensors on the processor, other numbers as Python's own: what loads with `weights_only`."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def read(folder: Path, rank: int) -> dict[str, Any] | None:
    """The state in a checkpoint; None in one that an older version wrote."""
    file = folder / FILE.format(rank=rank)
    return dict(torch.load(file, weights_only=True)) if file.is_file() else None
