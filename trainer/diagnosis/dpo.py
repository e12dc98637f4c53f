"""Preference training (DPO and kin): collapse, over-optimisation, standstill."""

from math import log

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, measured, proof
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import Floats, History
from trainer.diagnosis.stats import clean, head, median, smooth, tail
from trainer.diagnosis.usual import learning_rates, lower_rate, usual_rate

_COIN_TOSS = log(2)  # -log sigmoid(0): the DPO loss while policy and reference agree
_NEAR = 0.012  # nats
_AT_LN2 = 0.05  # nats: the first log, before a weight has moved far
_WORSE_THAN_A_COIN = 2.0  # times ln 2, over half the run; healthy runs end below ln 2
_NO_MARGIN = 0.03
_LEAST_MARGIN = 0.3  # a margin that can be said to have grown
_COLLAPSED = 0.35  # of the highest margin
_CRASH = 2.0  # reward units by which the chosen answers fall
_WIDE, _WIDE_ON_THE_WAY = 8.0, 5.0  # beta times the log ratio; healthy runs end at 1 to 3
_NO_LOSS = 0.02
_SURE = 0.93


def _margins(history: History) -> Floats:
    return history.train.column("rewards/margins")


def dpo_loss_stuck_0693(history: History) -> Finding | None:
    """Loss at ln 2, rewards and margins at zero throughout."""
    loss, margins = history.loss, _margins(history)
    if not history.is_preference or len(clean(loss)) < 4:
        return None
    late = len(loss) // 3
    off = median(np.abs(loss[late:] - _COIN_TOSS))
    margin = median(np.abs(margins[late:]))
    if not off < _NEAR or margin > _NO_MARGIN:
        return None
    norm = median(history.grad_norm)
    frozen = norm == 0
    usual, peak = learning_rates(history), history.peak_lr
    slow = peak < usual.low / 10 if usual is not None and peak is not None else None
    span = (float(history.steps[0]), float(history.steps[-1]))
    evidence = [proof("loss", median(loss), _COIN_TOSS, span)]
    if np.isfinite(margin):
        evidence.append(proof("reward margin", median(margins[late:]), steps=span))
    if np.isfinite(norm):
        evidence.append(proof("gradient norm", norm))
    if peak is not None:
        evidence.append(proof("learning rate", peak, usual.text if usual else None))
    signs = [
        Sign("a loss at the value of a coin toss", True, 2.0),
        Sign("no margin", True if np.isfinite(margin) else None),
        Sign("no gradient, or a learning rate near zero", bool(frozen or slow)),
    ]
    too_slow = not frozen and slow
    return build(
        "dpo_loss_stuck_0693",
        signs=signs,
        evidence=evidence,
        onset=1.0,
        fix=usual_rate(history) if too_slow else {},
        fix_code="raise_learning_rate" if too_slow else None,
        advice="Raise the learning rate to the usual range." if too_slow else None,
    )


def dpo_margin_collapse(history: History) -> Finding | None:
    """Margins grow, then fall to about 0 while the chosen rewards crash."""
    margins, chosen = smooth(_margins(history), 3), history.train.column("rewards/chosen")
    if len(clean(margins)) < 8:
        return None
    top = int(np.nanargmax(margins))
    high, end = float(margins[top]), median(margins[-max(3, len(margins) // 6) :])
    if high < _LEAST_MARGIN or end > _COLLAPSED * high or top > len(margins) - 4:
        return None
    row = _crash(history, high)
    fall = median(chosen[:row]) - median(chosen[-5:])
    right = history.train.column("rewards/accuracies")
    span = (float(history.steps[row]), float(history.steps[-1]))
    evidence = [proof("reward margin at the end", end, high, span)]
    if np.isfinite(fall):
        evidence.append(proof("reward of the chosen answers", median(chosen[-5:]), median(chosen[:row]), span))
    sure = median(right[-5:])
    if np.isfinite(sure):
        evidence.append(proof("share of pairs told apart", sure, float(np.nanmax(smooth(right))), span))
    signs = [
        Sign("a margin that grew and fell back", True, 2.0),
        Sign("chosen rewards that crash", fall > _CRASH if np.isfinite(fall) else None),
        Sign("pairs no longer told apart", sure < 0.65 if np.isfinite(sure) else None),
        Sign(
            "a loss that rose again",
            median(history.loss[-5:]) > median(history.loss[max(0, row - 5) : row]),
        ),
    ]
    return build(
        "dpo_margin_collapse",
        signs=signs,
        evidence=evidence,
        onset=float(history.steps[row]) - history.logging_steps / 2,
        fix={**lower_rate(history), **raise_beta(history)},
    )


def _crash(history: History, high: float) -> int:
    """The row at which the loss leaves its low level for good; else where the margin halves."""
    loss, margins = history.loss, smooth(_margins(history), 3)
    low, end = float(np.nanmin(smooth(loss))), median(loss[-5:])
    calm_loss, wide = loss < low + 0.4 * (end - low), margins > 0.5 * high
    calm = np.flatnonzero(calm_loss if end > low + 0.1 else wide)
    return int(min(len(loss) - 1, calm[-1] + 1)) if len(calm) else len(loss) - 1


def raise_beta(history: History) -> dict[str, float]:
    """Twice the planned beta."""
    beta = history.number("beta")
    return {"beta": measured(2 * beta)} if beta else {}


def dpo_reward_overoptimization(history: History) -> Finding | None:
    """Loss to 0, all pairs told apart, margins beyond any use, chosen log-probabilities falling."""
    margins, loss = _margins(history), history.loss
    if len(clean(margins)) < 4:
        return None
    late = len(margins) // 2
    wide, low = median(margins[late:]), median(loss[late:])
    if wide < _WIDE or low > _NO_LOSS:
        return None
    right = median(history.train.column("rewards/accuracies")[late:])
    spoken = history.train.column("logps/chosen")
    sinks = median(spoken[late:]) < median(spoken[:3]) if len(clean(spoken)) > 4 else None
    usual, peak = learning_rates(history), history.peak_lr
    row = int(np.argmax(np.nan_to_num(margins) >= _WIDE_ON_THE_WAY))
    evidence = [
        proof("reward margin", wide, "1 to 3", (history.steps[row], history.steps[-1])),
        proof("loss", low),
    ]
    if sinks is not None:
        evidence.append(proof("log-probability of the chosen answers", median(spoken[late:]), median(spoken[:3])))
    if peak is not None:
        evidence.append(proof("learning rate", peak, usual.text if usual else None))
    signs = [
        Sign("margins far beyond the usual", True, 2.0),
        Sign("a loss of zero", True),
        Sign("all pairs told apart", right > _SURE if np.isfinite(right) else None),
        Sign("chosen answers that become less likely", sinks),
        Sign("a learning rate above the usual", peak > usual.high if usual and peak else None),
    ]
    return build(
        "dpo_reward_overoptimization",
        signs=signs,
        evidence=evidence,
        onset=float(history.steps[row]) - history.logging_steps / 2,
        fix=lower_rate(history),
    )


def dpo_diverged(history: History) -> Finding | None:
    """The loss ends far above that of a coin (ln 2), where it began: surer and surer, and wrong as often as right."""
    loss = clean(history.loss)
    if not history.train.has("rewards/margins") or len(loss) < 12 or abs(float(loss[0]) - _COIN_TOSS) > _AT_LN2:
        return None
    level = median(loss[len(loss) // 2 :])
    if level < _WORSE_THAN_A_COIN * _COIN_TOSS:
        return None
    row = int(np.argmax(history.loss > _WORSE_THAN_A_COIN * _COIN_TOSS))
    span = (float(history.steps[row]), float(history.steps[-1]))
    evidence = [proof("loss over the second half", level, _COIN_TOSS, span)]
    chosen = clean(history.train.column("logps/chosen"))
    crashed = None
    if len(chosen) > 4:
        crashed = tail(chosen) < 1.3 * head(chosen)
        evidence.append(proof("log-likelihood of the better answers at the end", tail(chosen), head(chosen), span))
    usual, peak = learning_rates(history), history.peak_lr
    if usual is not None and peak is not None:
        evidence.append(proof("learning rate", peak, usual.text))
    signs = [
        Sign("a loss that stays above a coin's", True, 2.0),
        Sign("better answers made less likely", crashed),
        Sign("a learning rate above the usual", None if usual is None or peak is None else peak > 2 * usual.high),
    ]
    return build("divergence", signs=signs, evidence=evidence, onset=span[0], fix=lower_rate(history))
