"""Runs that learn but waste: clipping at every step, padding, memory that grows."""

from itertools import pairwise

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.stats import clean, median, trend
from trainer.diagnosis.usual import lower_rate

_SKIP = 0.1  # of the logs: gradients are large at first in any run
_ALWAYS, _TIMES = 0.95, 3.0  # share of logs, times the limit
_DEFAULT_CLIP = 1.0  # transformers' own
_LOW_CLIP = 0.5
_SLOW = 0.5  # of the expected tokens per second
_SHORT = 0.25  # of max_length, when every row is filled up to it
_RAGGED = 5.0  # longest to mean length in a batch of several rows
_BUSY = 60.0  # per cent of GPU use: it computes, be it padding
_GROWTH = 0.10  # of the memory at the start
_LINEAR = 0.85  # share of variance a straight line explains
_STILL = 0.35  # slope of the last half, of the overall slope


def grad_clipping_always(history: History) -> Finding | None:
    """After the first tenth, nearly all gradient norms are three times over the limit.

    Of supervised runs: a preference loss sums over whole answers, and its gradients are larger by their length.
    """
    if not history.is_supervised:
        return None
    norm = history.grad_norm[int(len(history.grad_norm) * _SKIP) :]
    good = clean(norm)
    named = history.number("max_grad_norm")
    turned_off = named == 0 or ("max_grad_norm" in history.plan and named is None)
    if len(good) < 8 or turned_off:
        return None
    limit = named if named is not None else _DEFAULT_CLIP
    share = float((good >= _TIMES * limit).mean())
    if share < _ALWAYS:
        return None
    low = limit < _LOW_CLIP
    evidence = [
        proof("gradient norm", median(good), limit, (history.steps[0], history.steps[-1])),
        proof("share of logs at three times the limit or more", share),
    ]
    signs = [
        Sign("nearly every step is clipped", True, 2.0),
        Sign("the limit is in the plan", True if named is not None else None),
    ]
    return build(
        "grad_clipping_always",
        signs=signs,
        evidence=evidence,
        onset=1.0,
        fix={"max_grad_norm": 1.0} if low else lower_rate(history),
        fix_code="raise_max_grad_norm" if low else "lower_learning_rate",
        advice=None if low else "Lower the learning rate, or look for what makes gradients large.",
    )


def _ragged(history: History) -> bool | None:
    mean, p95 = history.number("tokens_mean"), history.number("tokens_p95")
    batch = history.number("per_device_train_batch_size")
    if not mean or not p95 or not batch:
        return None
    return batch > 1 and p95 / mean > _RAGGED


def _filled_up(history: History) -> bool | None:
    """Whether short rows are padded to max_length."""
    mean, length = history.number("tokens_mean"), history.number("max_length")
    padding = history.text("padding")
    if padding is None or not mean or not length:
        return None
    return padding == "max_length" and mean / length < _SHORT


def throughput_padding(history: History) -> Finding | None:
    """Few real tokens per second at a busy GPU, without packing, on short or ragged rows."""
    if history.flag("packing") or not history.plan or history.is_reinforcement:
        return None
    if history.text("padding") == "none":
        return None
    speed, expected = (
        median(history.train.column("tokens_per_s")),
        history.number("expected_tokens_per_s"),
    )
    slow = speed / expected < _SLOW if np.isfinite(speed) and expected else None
    filled, ragged = _filled_up(history), _ragged(history)
    busy = history.number("gpu_util_pct")
    idle = busy is not None and busy < _BUSY
    wasted = slow and busy is not None  # a busy GPU that yields few real tokens computes padding
    if slow is False or idle or not (filled or ragged or wasted):
        return None
    mean, length = history.number("tokens_mean"), history.number("max_length")
    p95 = history.number("tokens_p95")
    evidence = []
    if slow:
        evidence.append(proof("number of real tokens per second", speed, expected))
    if mean and length:
        evidence.append(proof("mean row length in tokens", mean, length if filled else p95))
    if busy is not None:
        evidence.append(proof("GPU use in per cent", busy))
    signs = [
        Sign("far fewer real tokens per second than expected", slow, 2.0),
        Sign("rows much shorter than what they are padded to", filled or ragged, 2.0),
        Sign("a busy GPU", None if busy is None else True),
    ]
    return build("throughput_padding", signs=signs, evidence=evidence, fix={"packing": True})


def memory_creep(history: History) -> Finding | None:
    """GPU memory trends up through the whole run."""
    name = next((n for n in ("gpu_mem_gb", "gpu_memory_gb") if history.train.has(n)), None)
    if name is None:
        return None
    steps, memory = history.train.finite(name)
    if len(memory) < 10:
        return None
    start, end = float(np.median(memory[:3])), float(np.median(memory[-3:]))
    slope, fit = trend(steps, memory)
    half = len(memory) // 2
    late, _ = trend(steps[half:], memory[half:])
    parts = [float(np.median(p)) for p in np.array_split(memory, 5)]
    climbing = sum(b > a * 1.005 for a, b in pairwise(parts))
    if end / max(1e-9, start) - 1 < _GROWTH or fit < _LINEAR or late < _STILL * slope or climbing < 3:
        return None
    card = history.number("gpu_total_gb")
    evidence = [
        proof("GPU memory in GB at the end", end, start, (float(steps[0]), float(steps[-1]))),
        proof("growth in GB per hundred steps", slope * 100),
    ]
    if card:
        evidence.append(proof("memory of the card in GB", card))
    signs = [
        Sign("a steady rise", True, 2.0),
        Sign("still rising at the end", True),
        Sign("near the size of the card", end > 0.8 * card if card else None),
        Sign(
            "out of memory at the end",
            "memory" in history.status.lower() if history.status else None,
        ),
    ]
    return build("memory_creep", signs=signs, evidence=evidence, onset=1.0)
