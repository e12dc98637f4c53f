"""Metrics under the names that transformers gives them, whatever a tool calls them."""

import re
from typing import Any

from trainer.diagnosis.logs.rows import Row

SAME = {
    "step": ("current_steps", "global_step", "_step", "iter", "iteration", "steps"),
    "epoch": ("cur_epoch", "epochs"),
    "loss": (
        "training loss", "train loss", "train_loss", "lm loss", "train/loss_step", "tr_loss", "nll_loss", "total_loss",
    ),
    "eval_loss": (
        "validation loss", "val loss", "val_loss", "valid_loss", "test_loss", "evaluation loss", "dev_loss",
    ),
    "learning_rate": ("lr", "learning rate", "learning-rate", "train/lr", "lr-adamw"),
    "grad_norm": ("grad norm", "gradient norm", "gnorm", "grad-norm", "gradnorm", "total_norm"),
    "num_tokens": ("num_input_tokens_seen", "trained tokens", "tokens_seen"),
    "tokens_per_s": ("tokens_per_second_per_gpu", "tokens/sec", "tokens_per_sec", "throughput"),
    "gpu_mem_gb": ("peak_memory_alloc", "peak mem", "memory/max_mem_allocated(gib)", "memory/max_memory_allocated"),
}  # fmt: skip
"""Field of ours -> names of other tools, in lower case."""
_OURS = {name: ours for ours, names in SAME.items() for name in names}
_PREFIX = re.compile(r"^(train|training|trainer)[/.]", re.IGNORECASE)
_EVAL = re.compile(r"^(eval|val|valid|validation|evaluation|test)[/.]", re.IGNORECASE)
_RUN = re.compile(r"^.{1,120}? - (?=\S)")
"""A chart's export names each column `run name - metric`."""
_BOUND = re.compile(r"__(MIN|MAX)$")


def known(row: Row) -> Row:
    """The row under our names; of columns that mean the same the one named first above counts (W&B's `_step` counts
    log calls, `train/global_step` steps); bounds of charts are left out.
    """
    if "train_runtime" in row:  # the summary that transformers writes last: its train_loss is the whole run's mean
        return row
    found = [(field(str(name)), str(name), value) for name, value in row.items()]
    ranked = sorted(found, key=lambda one: _rank(*one[:2]))
    named = {ours: value for ours, _, value in reversed(ranked) if ours and _filled(value)}
    return {ours: named[ours] for ours, _, _ in found if ours in named}


def _rank(ours: str, name: str) -> int:
    """The place of a column's name among those that mean the same; our own is the first."""
    bare = _PREFIX.sub("", _RUN.sub("", name.strip())).lower()
    return SAME[ours].index(bare) + 1 if bare in SAME.get(ours, ()) else 0


def field(name: str) -> str:
    """One name as transformers writes it; '' for a column that is no metric."""
    if _BOUND.search(name):
        return ""
    bare = _RUN.sub("", name.strip())
    low = bare.lower()
    if low in _OURS:
        return _OURS[low]
    if _EVAL.match(bare):
        return "eval_" + _plain(_EVAL.sub("", bare))
    return _plain(_PREFIX.sub("", bare))


def _plain(name: str) -> str:
    low = name.lower()
    if low in _OURS:
        return _OURS[low]
    return low if low in SAME else name


def _filled(value: Any) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())
