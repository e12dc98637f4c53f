"""The loss leaves its path: spikes, a rough start, one bad batch, divergence."""

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.inputs import loss_scale
from trainer.diagnosis.schedule import lr_resets, resume_rows
from trainer.diagnosis.stats import Spike, clean, find_spikes, median, noise, tail
from trainer.diagnosis.usual import chance_loss, learning_rates, lower_rate

_SLOW_STEPS = 7  # "tens of steps" to heal; a bad batch is gone within a few
_NORM_RISE = 3.0  # times its median: the gradient saw the spike too
_HIGH_RATE = 2.0  # times the top of the usual range
_START_SHARE = 0.12  # of the run: where a missing warmup shows
_START_RISE = 1.2  # times the first logged loss
_START_NORM = 8.0  # times the later median; without warmup the threads show 10 to 50 times
_WILD = 1.2  # times ln(vocabulary)
_TINY_WARMUP = 2  # steps: as good as none
_SHORT_WARMUP = 0.03  # of a run so short that this is less
_DIVERGED_TIMES, _DIVERGED_NATS = 1.8, 1.5  # over the best level; spikes that heal stay below
_BACK = 1.4  # times the lowest loss so far: noise of early batches stays below
_KNOWN_RISE = 1.08  # enough where the plan says that there is no warmup
_STAYS = 0.6  # of the climb is still there at the end


def spikes_of(history: History) -> list[Spike]:
    """Spikes that no restart of the schedule and no resume explains."""
    known = lr_resets(history) + resume_rows(history)
    return [spike for spike in find_spikes(history.loss) if all(not -2 <= spike.start - row <= 4 for row in known)]


def _recovery_steps(history: History, spike: Spike) -> float:
    """Steps from the peak until a quarter of the height is left."""
    steps = history.steps
    last = min(len(steps) - 1, spike.peak + spike.rows_high)
    return float(steps[last] - steps[spike.peak])


def _is_slow(history: History, spike: Spike) -> bool:
    return spike.rows_high >= 1 and _recovery_steps(history, spike) >= _SLOW_STEPS


def _norm_at(history: History, spike: Spike) -> tuple[float, float] | None:
    """The highest gradient norm around the spike, and the median of the run."""
    usual = median(history.grad_norm)
    around = history.grad_norm[max(0, spike.start - 1) : spike.end + 1]
    if not np.isfinite(usual) or not np.isfinite(around).any():
        return None
    return float(np.nanmax(around[np.isfinite(around)])), usual


def _spike_evidence(history: History, spike: Spike) -> list[Evidence]:
    steps = history.steps
    end = float(steps[min(spike.end, len(steps) - 1)])
    span = (float(steps[spike.start]), end)
    found = [proof("loss at its peak", spike.level + spike.height, spike.level, span)]
    norm = _norm_at(history, spike)
    if norm and norm[0] > _NORM_RISE * norm[1]:
        found.append(proof("gradient norm", norm[0], norm[1], span))
    return found


def lr_too_high_spike(history: History) -> Finding | None:
    """Two or more spikes that heal slowly while the learning rate is near its peak."""
    if not history.is_supervised:
        return None
    usual, peak = learning_rates(history), history.peak_lr
    high = None if usual is None or peak is None else peak > _HIGH_RATE * usual.high
    slow = [s for s in spikes_of(history) if _is_slow(history, s)]
    if high and not slow:
        return _wild_from_the_start(history)
    if len(slow) < (1 if high else 2):
        return None
    norms = [_norm_at(history, s) for s in slow]
    rises = [n[0] > _NORM_RISE * n[1] for n in norms if n]
    levels = slow[-1].level > slow[0].level * 1.02 or tail(history.loss) > slow[0].level * 1.05
    evidence = [e for s in slow[:4] for e in _spike_evidence(history, s)]
    evidence.append(proof("number of spikes that heal slowly", float(len(slow))))
    if peak is not None and usual is not None:
        evidence.append(proof("learning rate", peak, usual.text))
    signs = [
        Sign("several spikes", len(slow) > 1, 2.0),
        Sign("slow recovery", True, 2.0),
        Sign("a rise of the gradient norm at each", all(rises) if rises else None),
        Sign("a level above the old one afterwards", levels),
        Sign("a learning rate above the usual", high, 2.0),
    ]
    return build(
        "lr_too_high_spike",
        signs=signs,
        evidence=evidence,
        onset=float(history.steps[slow[0].start]),
        fix=lower_rate(history),
    )


def _wild_from_the_start(history: History) -> Finding | None:
    """At a rate above the usual, the first logs are worse than guessing every token, or thrown far back."""
    if (history.number("new_tokens_added") or 0) > 0 or loss_scale(history):
        return None
    found = _worse_than_guessing(history) or _thrown_back(history)
    if found is None:
        return None
    usual, peak = learning_rates(history), history.peak_lr
    span, evidence = found
    if usual is not None and peak is not None:
        evidence.append(proof("learning rate", peak, usual.text))
    signs = [
        Sign("a start that is thrown back, or worse than guessing every token", True),
        Sign("a learning rate above the usual", True),
        Sign("several spikes", False),
    ]
    return build(
        "lr_too_high_spike",
        signs=signs,
        evidence=evidence,
        onset=span[0],
        fix=lower_rate(history),
    )


def _worse_than_guessing(history: History) -> tuple[tuple[float, float], list[Evidence]] | None:
    chance, loss = chance_loss(history), clean(history.loss)
    if chance is None or len(loss) < 3 or float(loss[:3].max()) < _WILD * chance:
        return None
    span = (float(history.steps[0]), float(history.steps[-1]))
    return span, [proof("loss at the start", float(loss[:3].max()), chance, span)]


def _thrown_back(history: History) -> tuple[tuple[float, float], list[Evidence]] | None:
    """The loss rises far over the lowest it had reached, early, before there is a level to measure a spike by."""
    loss = history.loss[: max(8, len(history.loss) // 4)]
    if len(loss) < 4 or not np.isfinite(loss).all():
        return None
    lowest = np.minimum.accumulate(loss)[:-1]
    back = np.flatnonzero((loss[1:] > _BACK * lowest) & (loss[1:] - lowest > 6 * noise(history.loss))) + 1
    lasting = [row for row in back[:-1] if loss[row + 1] > 1.2 * lowest[row - 1]]
    if not lasting:
        return None
    row = lasting[0]
    top = float(loss[row : row + 5].max())
    span = (float(history.steps[row]), float(history.steps[min(row + 5, len(history.steps) - 1)]))
    return span, [proof("loss after it was thrown back", top, float(lowest[row - 1]), span)]


def bad_batch(history: History) -> Finding | None:
    """A spike of one log (or a few steps) with instant recovery."""
    if not history.is_supervised:
        return None
    quick = [s for s in spikes_of(history) if not _is_slow(history, s) and s.end < len(history.loss)]
    if not quick or any(_is_slow(history, s) for s in spikes_of(history)):
        return None
    usual, peak = learning_rates(history), history.peak_lr
    evidence = [e for s in quick[:4] for e in _spike_evidence(history, s)]
    first = quick[0]
    after = history.loss[first.end : first.end + 3]
    evidence.append(proof("loss right after", median(after), first.level))
    signs = [
        Sign("back at the old level at once", True, 2.0),
        Sign("few such spikes", len(quick) <= 3),
        Sign(
            "a usual learning rate",
            None if usual is None or peak is None else peak <= _HIGH_RATE * usual.high,
        ),
        Sign("a height far over the noise", first.height > 12 * noise(history.loss)),
    ]
    return build("bad_batch", signs=signs, evidence=evidence, onset=float(history.steps[first.peak]))


def warmup_missing(history: History) -> Finding | None:
    """The loss rises within the first steps, with large gradients, and then trains on."""
    loss, norm = history.loss, history.grad_norm
    if not history.is_supervised or len(loss) < 8 or _has_warmup(history):
        return None
    count = max(3, int(_START_SHARE * len(loss)))
    start = loss[:count]
    if not np.isfinite(start).all() or not np.isfinite(tail(loss)):
        return None
    peak = int(np.argmax(start))
    later = median(norm[count:])
    top = float(np.nanmax(norm[:count], initial=0.0))
    kicks = bool(np.isfinite(later) and top >= _START_NORM * later and top >= 4.0)
    none = kicks and history.number("warmup_steps") == 0
    least = _KNOWN_RISE if none else _START_RISE
    rises = peak > 0 and loss[peak] >= least * loss[0] and tail(loss) < loss[peak] * 0.8
    hidden = kicks and peak <= 1 and loss[0] > 1.4 * tail(loss)  # the rise is inside the first log
    if not (rises and (kicks or not np.isfinite(later))) and not hidden:
        return None
    return _no_warmup(history, peak, top if kicks else None, later)


def _has_warmup(history: History) -> bool:
    """Whether the plan or the logged rates show a warmup of more than a step or two."""
    steps, ratio = history.number("warmup_steps"), history.number("warmup_ratio")
    if steps or ratio:
        planned = max(steps or 0.0, (ratio or 0.0) * history.max_steps)
        return planned > min(_TINY_WARMUP, _SHORT_WARMUP * history.max_steps)
    if steps is not None or ratio is not None:
        return False
    at, rate = history.train.finite("learning_rate")
    return len(rate) > 0 and rate[0] < 0.9 * rate.max() and at[0] < history.max_steps * 0.1


def _no_warmup(history: History, peak: int, top: float | None, later: float) -> Finding:
    steps, loss = history.steps, history.loss
    span = (0.0, float(steps[min(len(steps) - 1, 3 * peak + 3)]))
    evidence = [proof("loss at its early peak", float(loss[peak]), float(loss[0]), span)]
    if top is not None:
        evidence.append(proof("gradient norm at the start", top, later, span))
    evidence.append(proof("loss at the end", tail(loss)))
    planned = history.number("warmup_steps")
    if planned is not None:
        evidence.append(proof("number of warmup steps in the plan", planned))
    signs = [
        Sign("a rise of the loss within the first steps", peak > 0, 2.0),
        Sign("large gradients at the start", top is not None),
        Sign("recovery afterwards", True),
        Sign("no warmup in the plan", True if planned is not None else None),
    ]
    fix = {"warmup_ratio": 0.05} if "warmup_ratio" in history.plan else {}
    if "warmup_steps" in history.plan:
        fix["warmup_steps"] = max(3, round(0.05 * history.max_steps))
    onset = float(steps[0]) if peak <= 1 else float(steps[1])
    return build("warmup_missing", signs=signs, evidence=evidence, onset=onset, fix=fix)


def divergence(history: History) -> Finding | None:
    """The loss climbs by nats and stays there (or ends in NaN on the way up)."""
    loss = history.loss
    good = np.flatnonzero(np.isfinite(loss))
    if not history.is_supervised or len(good) < 8:
        return None
    values = loss[good]
    count = max(3, len(values) // 20)
    best, least = _best_level(values, count)
    end = median(values[-count:])
    if end < max(_DIVERGED_TIMES * best, best + _DIVERGED_NATS):
        return None
    if end - best < _STAYS * (values[least:].max() - best):
        return None
    half = values > best + 0.5 * (end - best)
    stays = len(values) - 1 - int(np.flatnonzero(~half)[-1]) if (~half).any() else 0
    if stays < 3 or (not half[least:].any()):
        return None
    limit = best + max(3 * noise(values[: least + 1]), 0.05 * best)
    calm = np.flatnonzero(values[: len(values) - stays] <= limit)
    onset = int(calm[-1]) + 1 if len(calm) else least
    return _diverged(history, int(good[min(onset, len(good) - 1)]), best, end)


def _best_level(values: np.ndarray, count: int) -> tuple[float, int]:
    """The lowest level the loss kept for a while, and the row where that was."""
    windows = np.lib.stride_tricks.sliding_window_view(values, count)
    levels = np.median(windows, axis=1)
    least = int(np.argmin(levels))
    return float(levels[least]), min(len(values) - 1, least + count - 1)


def _diverged(history: History, row: int, best: float, end: float) -> Finding:
    steps = history.steps
    span = (float(steps[row]), float(steps[-1]))
    evidence = [proof("loss at the end", end, best, span)]
    before, after = median(history.grad_norm[:row]), median(history.grad_norm[row : row + 20])
    high_norm = None
    if np.isfinite(before) and np.isfinite(after):
        high_norm = after > 2 * before
        evidence.append(proof("gradient norm after the climb", after, before, span))
    usual, peak = learning_rates(history), history.peak_lr
    high = None if usual is None or peak is None else peak > _HIGH_RATE * usual.high
    if usual is not None and peak is not None:
        evidence.append(proof("learning rate", peak, usual.text))
    signs = [
        Sign("a climb far over the best level", True, 2.0),
        Sign("no recovery", True, 2.0),
        Sign("large gradients", high_norm),
        Sign("a learning rate above the usual", high),
    ]
    return build(
        "divergence",
        signs=signs,
        evidence=evidence,
        onset=float(steps[row]) - history.logging_steps / 2,
        fix=lower_rate(history),
    )
