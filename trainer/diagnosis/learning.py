"""Runs that do not learn, or not enough."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.inputs import loss_scale
from trainer.diagnosis.stats import clean, find_spikes, head, median, noise, smooth, tail
from trainer.diagnosis.usual import Range, learning_rates, usual_rate

_FLAT = 0.05  # of the loss; plus what noise can do to two means
_FAR_BELOW = 15.0  # times under the usual range: nothing happens within one run
_BELOW = 2.2  # times under the usual range: learns, but not to the end
_ZERO_SHARE = 0.95  # of the rows
_TINY_PCT = 0.02  # per cent of the weights; LoRA on all linear layers has 0.2 to 5
_TINY_NORM = 0.15
_FEW_LAYERS = 0.1  # of the linear layers; attention's query and value alone are a quarter
_LITTLE_GAIN = 0.13  # of the loss
_LOW_RANK = 2
# Gain of the second half, as a share: 0.27 is a fall whose time scale is half the run, 0.38 the
# whole run. Train loss alone is too noisy for the lower one.
_STILL_BY_EVAL, _STILL_BY_TRAIN = 0.28, 0.35
_SLOW_HALF = 0.08
_LEARNED_ENOUGH = 0.4  # of the loss: who gained this much did not stop too early
_PART = 0.8  # of an epoch
_DECAYED = 0.02  # of the peak rate: no more learning


@dataclass(frozen=True)
class Gain:
    """How far a loss fell: over the run, and within its second half."""

    start: float
    end: float
    second_half: float
    """Share of the whole gain that came in the second half (0.5 is a straight line)."""
    error: float
    """Standard error of the gain, from the noise between rows."""
    by_eval: bool

    @property
    def share(self) -> float:
        """The gain as a share of the starting loss."""
        return (self.start - self.end) / max(1e-9, abs(self.start))


def gain_of(history: History) -> Gain | None:
    """The gain in eval loss if it was measured often enough, else in train loss."""
    _, train = history.train.finite("loss")
    if len(train) < 6:
        return None
    _, evals = history.evals.finite("eval_loss")
    sigma = noise(train)
    start, end = head(train), tail(train, 0.1)
    middle = median(train[int(len(train) * 0.42) : max(int(len(train) * 0.58), 1) + 1])
    error = sigma * np.sqrt(1 / max(2, int(len(train) * 0.05)) + 1 / max(3, int(len(train) * 0.1)))
    if len(evals) >= 6:
        sigma = noise(evals)
        end = float(np.mean(evals[-2:]))
        middle = float(smooth(evals, 3)[len(evals) // 2])
        start = max(start, float(evals[0]))
        error = max(float(error) * 0.5, sigma)
    whole = start - end
    half = (middle - end) / whole if whole > 0 else 0.0
    return Gain(start, end, half, float(error), len(evals) >= 6)


def _is_flat(gain: Gain) -> bool:
    return gain.start - gain.end < max(_FLAT * abs(gain.start), 2.5 * gain.error)


def _no_gradients(history: History) -> bool:
    norm = clean(history.grad_norm)
    return len(norm) >= 3 and bool((norm == 0).mean() >= _ZERO_SHARE)


def _gain_evidence(history: History, gain: Gain) -> list[Evidence]:
    span = (float(history.steps[0]), float(history.steps[-1]))
    return [proof("loss at the end", gain.end, gain.start, span)]


def no_gradient_flow(history: History) -> Finding | None:
    """Gradient norm exactly 0 and a flat loss that is not 0."""
    if not _no_gradients(history) or history.is_reinforcement:
        return None
    if median(history.loss, 0.0) <= 1e-3:
        return None
    trainable = history.number("trainable_params_pct")
    cut = history.flag("gradient_checkpointing") and history.flag("enable_input_require_grads")
    span = (float(history.steps[0]), float(history.steps[-1]))
    evidence = [proof("gradient norm", 0.0, steps=span), proof("loss", median(history.loss))]
    if trainable is not None:
        evidence.append(proof("share of trainable weights in per cent", trainable))
    gain = gain_of(history)
    blocked = history.flag("enable_input_require_grads") is False or trainable == 0.0
    signs = [
        Sign("a gradient norm of exactly zero", True, 3.0),
        Sign("a flat loss above zero", _is_flat(gain) if gain else None),
        Sign("weights that are frozen or cut off in the plan", blocked if history.plan else None),
    ]
    fix: dict[str, Any] = {}
    if history.flag("gradient_checkpointing") and not cut:
        fix = {"gradient_checkpointing_kwargs": {"use_reentrant": False}}
    return build("no_gradient_flow", signs=signs, evidence=evidence, onset=1.0, fix=fix)


def _judged(history: History) -> Gain | None:
    """The gain of a run whose loss tells how much it learned."""
    if not history.is_supervised or _no_gradients(history) or loss_scale(history):
        return None
    return gain_of(history)


def target_modules_wrong(history: History) -> Finding | None:
    """LoRA on almost nothing: tiny share of weights, tiny gradients, a few per cent gained."""
    gain, trainable = _judged(history), history.number("trainable_params_pct")
    norm = median(history.grad_norm)
    adapted = history.number("adapted_fraction")
    if gain is not None and adapted is not None and adapted < _FEW_LAYERS:
        return _few_layers(history, gain, adapted)
    if gain is None or trainable is None or not 0 < trainable < _TINY_PCT:
        return None
    if gain.share > _LITTLE_GAIN or history.tuning == "full":
        return None
    if (history.number("lora_r") or 8) <= _LOW_RANK and norm > _TINY_NORM:
        return None  # a small rank on the right layers is another matter
    evidence = [
        proof("share of trainable weights in per cent", trainable, "0.2 to 5"),
        *_gain_evidence(history, gain),
    ]
    if np.isfinite(norm):
        evidence.append(proof("gradient norm", norm))
    signs = [
        Sign("a tiny share of trainable weights", True, 2.0),
        Sign("tiny gradients", norm < _TINY_NORM if np.isfinite(norm) else None),
        Sign("hardly any gain", _is_flat(gain)),
    ]
    return build(
        "target_modules_wrong",
        signs=signs,
        evidence=evidence,
        fix={"target_modules": "all-linear"},
    )


def _few_layers(history: History, gain: Gain, adapted: float) -> Finding:
    """Read from the model itself: hardly any of its layers carries the adapter."""
    evidence = [proof("share of the linear layers that carry the adapter", adapted, 1.0)]
    trainable = history.number("trainable_params_pct")
    if trainable is not None:
        evidence.append(proof("share of trainable weights in per cent", trainable, "0.2 to 5"))
    evidence += _gain_evidence(history, gain)
    signs = [
        Sign("hardly any layer carries the adapter", True, 3.0),
        Sign("hardly any gain", gain.share < _LITTLE_GAIN),
    ]
    fix = {"target_modules": "all-linear"}
    return build("target_modules_wrong", signs=signs, evidence=evidence, onset=1.0, fix=fix)


def loss_flat_lr_too_low(history: History) -> Finding | None:
    """Flat within noise, gradients there, a learning rate orders of magnitude under the usual."""
    gain, usual, peak = _judged(history), learning_rates(history), history.peak_lr
    if gain is None or usual is None or peak is None or not _is_flat(gain):
        return None
    if peak > usual.low / _FAR_BELOW:
        return None
    norm = median(history.grad_norm)
    evidence = [*_gain_evidence(history, gain), _rate(peak, usual)]
    if np.isfinite(norm):
        evidence.append(proof("gradient norm", norm))
    signs = [
        Sign("a loss that is flat within its noise", True, 2.0),
        Sign("a learning rate far under the usual", True, 2.0),
        Sign("a gradient norm above zero", norm > 0 if np.isfinite(norm) else None),
    ]
    return build("loss_flat_lr_too_low", signs=signs, evidence=evidence, fix=usual_rate(history))


def _rate(peak: float, usual: Range) -> Evidence:
    return proof("learning rate", peak, usual.text)


def underfitting(history: History) -> Finding | None:
    """Stopped or held back: still falling at the end, too little capacity, or too low a rate."""
    gain = _judged(history)
    if gain is None or history.method == "cpt":
        return None
    if any(spike.rows_high > 1 for spike in find_spikes(history.loss)):
        return None  # a curve that was thrown off says nothing about how much was left to learn
    if gain.share > _LEARNED_ENOUGH:
        return _saw_a_part(history, gain)
    return (
        _held_by_rank(history, gain)
        or _held_by_rate(history, gain)
        or _stopped_early(history, gain)
        or _learned_nothing(history, gain)
    )


def _close(history: History) -> bool | None:
    """Whether train and eval end near each other."""
    _, evals = history.evals.finite("eval_loss")
    return abs(float(evals[-1]) / max(1e-9, tail(history.loss)) - 1) < 0.12 if len(evals) else None


def _held_by_rank(history: History, gain: Gain) -> Finding | None:
    rank = history.number("lora_r")
    if rank is None or rank > _LOW_RANK or gain.share > _LITTLE_GAIN:
        return None
    evidence = [proof("rank of the adapter", rank), *_gain_evidence(history, gain)]
    signs = [
        Sign("a very low rank", True),
        Sign("a small gain", True),
        Sign("train and eval loss close together", _close(history)),
    ]
    return build(
        "underfitting",
        signs=signs,
        evidence=evidence,
        fix={"lora_r": 16, **({"lora_alpha": 32} if "lora_alpha" in history.plan else {})},
        fix_code="raise_capacity",
        advice="Raise the rank of the adapter, or put it on more layers.",
    )


def _held_by_rate(history: History, gain: Gain) -> Finding | None:
    usual, peak = learning_rates(history), history.peak_lr
    if usual is None or peak is None or peak > usual.low / _BELOW:
        return None
    if gain.second_half < _SLOW_HALF and not _is_flat(gain):
        return None
    signs = [
        Sign("a learning rate below the usual", True),
        Sign("a slow fall through the whole run", True),
        Sign("train and eval loss close together", _close(history)),
    ]
    return build(
        "underfitting",
        signs=signs,
        evidence=[_rate(peak, usual), *_gain_evidence(history, gain)],
        fix=usual_rate(history),
        fix_code="raise_learning_rate",
        advice="Raise the learning rate to the usual range, or train longer.",
    )


def _stopped_early(history: History, gain: Gain) -> Finding | None:
    late = (gain.start - gain.end) * gain.second_half
    need = _STILL_BY_EVAL if gain.by_eval else _STILL_BY_TRAIN
    still = gain.second_half >= need and late > max(3 * gain.error, 0.03 * gain.end)
    decayed = _decayed_early(history)
    if not still and not decayed:
        return None
    evidence = [
        *_gain_evidence(history, gain),
        proof("share of the gain that came in the second half", gain.second_half, "below 0.25"),
    ]
    signs = [
        Sign("still falling at the end", still),
        Sign("train and eval loss close together", _close(history)),
        Sign("a learning rate that ended early", decayed),
    ]
    epochs = history.number("num_train_epochs")
    fix = {"num_train_epochs": max(2, round(2 * epochs))} if epochs else {}
    return build("underfitting", signs=signs, evidence=evidence, fix=fix)


def _saw_a_part(history: History, gain: Gain) -> Finding | None:
    """Ended as planned before all rows had come up once, while the loss was still falling."""
    whole, loss = history.steps_per_epoch, clean(history.loss)
    third = len(loss) // 3
    if not whole or history.last_step < history.max_steps or history.last_step > _PART * whole or third < 4:
        return None
    middle, last = median(loss[third : 2 * third]), median(loss[2 * third :])
    if middle - last < max(3 * noise(loss) / np.sqrt(third), 0.05 * middle):
        return None
    seen = history.last_step / whole
    evidence = [proof("share of the rows that came up", seen, 1.0), *_gain_evidence(history, gain)]
    signs = [
        Sign("an end before all rows had come up once", True, 2.0),
        Sign("still falling at the end", True),
        Sign("train and eval loss close together", _close(history)),
    ]
    fix = {"num_train_epochs": 1.0, "max_steps": -1} if "max_steps" in history.plan else {}
    return build("underfitting", signs=signs, evidence=evidence, fix=fix)


def _decayed_early(history: History) -> bool:
    """Whether the rate was near zero for the last third while the loss had still been falling."""
    _, rate = history.train.finite("learning_rate")
    if len(rate) < 12:
        return False
    gone = np.flatnonzero(rate > _DECAYED * rate.max())
    last = int(gone[-1]) if len(gone) else 0
    if last > 0.67 * len(rate) or last < 5:
        return False
    loss = clean(history.loss)[: last + 1]
    third = len(loss) // 3
    drop = median(loss[third : 2 * third]) - median(loss[2 * third :])
    return bool(drop > max(3 * noise(loss) / np.sqrt(max(1, third)), 0.03 * median(loss)))


def _learned_nothing(history: History, gain: Gain) -> Finding | None:
    """Flat within noise although rate and capacity look usual: say so, without a cause."""
    count = len(clean(history.loss))
    if count < 20 or gain.start - gain.end > max(0.01 * gain.start, 1.0 * gain.error):
        return None
    if median(history.loss) < 0.5 or gain.end > 1.15 * gain.start:
        return None  # low losses have no room to fall; rising ones are another matter
    signs = [
        Sign("a loss that is flat within its noise", True),
        Sign("a known cause", False),
        Sign("train and eval loss close together", _close(history)),
    ]
    return build("underfitting", signs=signs, evidence=_gain_evidence(history, gain))
