"""Train against eval: overfitting, memorising, regularisation, leaks, forgetting."""

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import Floats, History
from trainer.diagnosis.inputs import loss_scale
from trainer.diagnosis.stats import correlation, median, noise, smooth
from trainer.diagnosis.usual import lower_rate

_RISE, _RISE_FEW = 0.035, 0.06  # of the lowest eval loss; eval noise in the threads is 1 %
_BEYOND_NOISE = 0.1  # a steady rise by this much is no noise, however jumpy the curve
_FEW = 5  # eval rows below which one of them may be chance
_TRAIN_FALLS = 0.02
_STAIR = 0.085  # of the loss at an epoch boundary; healthy runs step by up to 4.5 %
_STAIR_ROWS = 2
_MOST_EPOCHS = 100  # stairs show in the first of them
_STAIR_REACH = 0.4  # of an epoch on either side
_NOISE_PLAN = 0.08  # dropout above the customary 0.05
_BENIGN = (0.78, 0.965)  # eval / train with regularisation on
_BLIND_EVALS = 5  # evaluations needed when the plan does not say what noise there was
_STEADY = 0.12  # of the ratio, between its first and last third
_LEAKED_ROWS = 0.1  # of the watched rows; fewer move the eval loss less than its noise
_LEAKED, _LEAK_FALL = 0.72, 0.12  # eval / train at the end, and how much it fell
_FORGETS = 0.04  # of the general loss
_GENERAL = ("general", "retain", "base", "held", "wiki", "pretrain", "mmlu", "original")


def ratio_to_train(history: History) -> tuple[Floats, Floats]:
    """Steps of evaluations, and eval loss over the (smoothed) train loss around them."""
    at, evals = history.evals.finite("eval_loss")
    steps, loss = history.train.finite("loss")
    if not len(at) or len(steps) < 4 or median(loss) <= 0:
        return np.array([]), np.array([])
    middle = steps - history.logging_steps / 2
    train = np.interp(at, middle, smooth(loss))
    return at, evals / np.maximum(train, 1e-9)


def _eval_noise(values: Floats) -> float:
    """Noise of eval rows from second differences, which a steady rise does not feed."""
    if len(values) < 5:
        return 0.0
    return float(1.4826 * np.median(np.abs(np.diff(values, 2))) / np.sqrt(6.0))


def overfitting(history: History) -> Finding | None:
    """A minimum of the eval loss, then a steady rise while the train loss goes on falling."""
    at, evals = history.evals.finite("eval_loss")
    if len(evals) < 3 or history.is_reinforcement or loss_scale(history):
        return None
    least = int(np.argmin(evals))
    after = evals[least:]
    if len(after) < (2 if len(evals) >= _FEW else 3) or evals[least] <= 0:
        return None  # of a few evaluations, one high one at the end may be chance
    rise = float(np.mean(evals[-2:]) if len(after) > 2 else evals[-1]) / evals[least] - 1
    least_rise = _RISE if len(evals) >= _FEW else _RISE_FEW
    limit = max(least_rise, min(_BEYOND_NOISE, 4 * _eval_noise(evals) / float(evals[least])))
    steady = float((np.diff(after) > 0).mean()) >= 0.6
    fall = _train_fall(history, float(at[least]))
    if rise < limit or not steady or fall is None or fall < _TRAIN_FALLS:
        return None
    onset = _turn(at, evals, least)
    span = (float(at[least]), float(at[-1]))
    evidence = [
        proof("eval loss at the end", float(evals[-1]), float(evals[least]), span),
        proof("step of the lowest eval loss", float(at[least])),
        proof("fall of the train loss since then, as a share", fall, steps=span),
    ]
    signs = [
        Sign("a rise of the eval loss after a minimum", True, 2.0),
        Sign("a train loss that goes on falling", True),
        Sign("a rise over several evaluations", len(after) > 2),
        Sign("more than one pass over the data", _passes(history)),
    ]
    return build("overfitting", signs=signs, evidence=evidence, onset=onset, fix=_stop(history, onset))


def _train_fall(history: History, since: float) -> float | None:
    """Fall of the train loss from a step to the end, as a share."""
    steps, loss = history.train.finite("loss")
    if len(steps) < 4:
        return None
    curve = smooth(loss, 7)
    then = float(np.interp(since, steps, curve))
    return 1 - median(curve[-3:]) / max(1e-9, then)


def _turn(at: Floats, values: Floats, least: int) -> float:
    """Where the curve turns: the best joint of a falling and a rising line around the minimum."""
    first, last = max(0, least - 2), min(len(at), least + 5)
    x, y = at[first:last], values[first:last]
    if least == 0 or len(x) < 4:
        return float(at[least])
    joints = np.linspace(at[least - 1], at[min(len(at) - 1, least + 2)], 25)
    joint = min(joints, key=lambda joint: _misfit(x - joint, y))
    return float(max(at[least], joint))  # a rise does not start before the lowest point


def _misfit(x: Floats, y: Floats) -> float:
    """Squared error of two lines that meet at x = 0."""
    lines = np.stack([np.ones_like(x), np.minimum(x, 0), np.maximum(x, 0)], axis=1)
    fit, *_ = np.linalg.lstsq(lines, y, rcond=None)
    return float(((lines @ fit - y) ** 2).sum())


def _passes(history: History) -> bool | None:
    per_epoch = history.steps_per_epoch
    return None if per_epoch is None else history.last_step > 1.05 * per_epoch


def _stop(history: History, onset: float) -> dict[str, float]:
    per_epoch, planned = history.steps_per_epoch, history.number("num_train_epochs")
    if per_epoch is None or planned is None:
        return {"max_steps": round(onset)}
    return {"num_train_epochs": round(max(0.1, onset / per_epoch), 1)}


def epoch_memorization(history: History) -> Finding | None:
    """A drop at the start of every further epoch, and a flat curve within them."""
    per_epoch = history.steps_per_epoch
    if per_epoch is None or not history.is_supervised or loss_scale(history):
        return None
    if per_epoch < 5 * history.logging_steps:
        return None  # too few logs an epoch to see a stair
    count = min(_MOST_EPOCHS, int(history.last_step / per_epoch - 0.15))
    stairs = [_stair(history, k, per_epoch) for k in range(1, count + 1)]
    known = [s for s in stairs if s is not None]
    if not known or len(known) < len(stairs) * 0.6:
        return None
    drops = [drop for drop, drift in known if drop >= _STAIR and drop > 2.5 * drift]
    if len(drops) < max(1, 0.6 * len(known)) or known[0][0] < _STAIR:
        return None
    onset = per_epoch + 1
    span = (per_epoch - history.logging_steps, history.last_step)
    evidence = [
        proof("drop at an epoch's start, as a share", float(np.median(drops)), "below 0.05", span),
        proof("change within an epoch, as a share", float(np.median([d for _, d in known]))),
        proof("number of steps in an epoch", per_epoch),
    ]
    _, evals = history.evals.finite("eval_loss")
    signs = [
        Sign("a drop at the boundaries", True, 2.0),
        Sign("flat in between", True),
        Sign("at every boundary", len(drops) == len(known)),
        Sign("no such drop in the eval loss", _no_stairs(evals) if len(evals) > 3 else None),
    ]
    fix = {"num_train_epochs": 1} if "num_train_epochs" in history.plan else {}
    return build("epoch_memorization", signs=signs, evidence=evidence, onset=onset, fix=fix)


def _no_stairs(evals: Floats) -> bool:
    return float(evals[-1]) > 0.9 * float(np.min(evals[: max(2, len(evals) // 2)]))


def _stair(history: History, epoch: int, per_epoch: float) -> tuple[float, float] | None:
    """Drop over an epoch boundary, and the larger change within the epochs beside it (shares)."""
    steps, loss = history.train.finite("loss")
    edge, width = epoch * per_epoch, history.logging_steps
    reach = _STAIR_REACH * per_epoch
    before = loss[(steps > edge - reach) & (steps <= edge)]
    early = loss[(steps > edge - 2 * reach) & (steps <= edge - reach)]
    after = loss[(steps - width >= edge - 0.5) & (steps <= edge + reach + width)]
    late = loss[(steps > edge + reach + width) & (steps <= edge + per_epoch)]
    if len(before) < _STAIR_ROWS or len(after) < _STAIR_ROWS:
        return None
    level = median(before)
    if level <= 0:
        return None
    changes = [abs(median(late) - median(after))] if len(late) >= _STAIR_ROWS else []
    if epoch > 1 and len(early) >= _STAIR_ROWS:
        changes.append(abs(median(early) - level))
    elif len(before) >= 4:  # the first epoch still falls: only its end can be flat
        half = len(before) // 2
        changes.append(abs(median(before[:half]) - median(before[half:])))
    drop = level - median(after)
    if drop < 3 * noise(loss) / np.sqrt(min(len(before), len(after))):
        return 0.0, 0.0
    return drop / level, (max(changes) if changes else 0.0) / level


def _noisy_plan(history: History) -> bool | None:
    """Whether the plan adds noise in training: dropout above the customary, NEFTune."""
    if not history.plan:
        return None
    names = [n for n in history.plan if "dropout" in n or "neftune" in n]
    values = [(n, history.number(n) or 0.0) for n in names]
    return any(v > (0 if "neftune" in n else _NOISE_PLAN) for n, v in values)


def eval_below_train_regularization(history: History) -> Finding | None:
    """Eval a little below train, at a constant ratio, because of noise in training."""
    _, ratio = ratio_to_train(history)
    noisy = _noisy_plan(history)
    if len(ratio) < (3 if noisy else _BLIND_EVALS) or noisy is False or not history.is_supervised:
        return None
    middle = float(np.median(ratio))
    third = max(1, len(ratio) // 3)
    drift = float(np.mean(ratio[-third:]) - np.mean(ratio[:third]))
    low, high = _BENIGN if noisy else (_BENIGN[0], 0.93)
    if not noisy and np.ptp(ratio) > _STEADY / 2:
        return None  # without a cause in the plan only a truly constant ratio counts
    if not low <= middle <= high or drift < -_STEADY or (ratio < 1).mean() < 0.75:
        return None
    evidence = [proof("eval loss over train loss", middle, "about 1")]
    for name in ("lora_dropout", "neftune_noise_alpha"):
        value = history.number(name)
        if value:
            evidence.append(proof(name, value))
    signs = [
        Sign("a constant ratio a little below one", True, 2.0),
        Sign("the same from the start", abs(float(ratio[0]) - middle) < _STEADY),
        Sign("dropout or embedding noise in the plan", noisy, 2.0),
    ]
    return build("eval_below_train_regularization", signs=signs, evidence=evidence)


def data_leak(history: History) -> Finding | None:
    """Watched rows that were trained on word for word, or an eval loss that falls ever further below the train loss."""
    if (leaked := history.number("leaked_fraction") or 0.0) >= _LEAKED_ROWS:
        return _rows_leaked(leaked)
    at, ratio = ratio_to_train(history)
    if len(ratio) < 3 or not history.is_supervised or loss_scale(history):
        return None
    end = float(np.median(ratio[-3:]))
    fell = max(1.0, float(ratio[0])) - end
    if end > _LEAKED or fell < _LEAK_FALL + (1 - _LEAKED) or (np.diff(ratio) < 0.05).mean() < 0.6:
        return None
    _, evals = history.evals.finite("eval_loss")
    span = (0.0, float(at[-1]))
    evidence = [
        proof("eval loss over train loss at the end", end, "about 1", span),
        proof("eval loss at the end", float(evals[-1]), steps=span),
    ]
    split = history.text("split_method")
    if split:
        evidence.append(proof("how the eval rows were chosen", split))
    signs = [
        Sign("an eval loss far below the train loss", True, 2.0),
        Sign("a distance that grew", True),
        Sign("no noise in training that would explain it", not _noisy_plan(history)),
        Sign("more than one pass over the data", _passes(history)),
    ]
    return build("data_leak", signs=signs, evidence=evidence, onset=_leak_onset(at, ratio))


def _rows_leaked(share: float) -> Finding:
    """Read from the rows themselves."""
    signs = [Sign("the same rows on both sides, word for word", True, 3.0)]
    evidence = [proof("share of the watched rows that were trained on", share, 0.0)]
    return build("data_leak", signs=signs, evidence=evidence, onset=1.0)


def _leak_onset(at: Floats, ratio: Floats) -> float:
    """The step at which the ratio passes 0.6, from a ratio of 1 at step 0, on a log scale."""
    target = float(np.log(max(0.6, float(ratio.min()) * 1.05)))
    logs = np.log(np.maximum(np.concatenate([[1.0], ratio]), 1e-6))
    steps = np.concatenate([[0.0], at])
    row = int(np.argmax(logs <= target)) or 1
    slope = (logs[row] - logs[row - 1]) / max(1.0, steps[row] - steps[row - 1])
    return float(steps[row - 1] + (target - logs[row - 1]) / slope) if slope < 0 else float(at[0])


def catastrophic_forgetting(history: History) -> Finding | None:
    """The loss on general text rises while the loss on the task falls."""
    names = [name for name in history.evals.columns if name.endswith("loss") and any(mark in name for mark in _GENERAL)]
    for name in sorted(names):
        found = _forgets(history, name)
        if found:
            return found
    return None


def _forgets(history: History, name: str) -> Finding | None:
    at, general = history.evals.finite(name)
    if len(general) < 3:
        return None
    least = int(np.argmin(general))
    if general[least] <= 0:
        return None
    end = float(np.mean(general[-2:]))
    rise = end / float(general[least]) - 1
    steady = correlation(at[least:], general[least:]) if len(general) - least > 2 else 0.0
    if rise < max(_FORGETS, 3 * _eval_noise(general) / float(general[least])) or steady < 0.7:
        return None
    task_at, task = history.evals.finite("eval_loss")
    falls = bool(task[-1] < task[0] * 0.99) if len(task) > 1 else None
    evidence = [proof("loss on general text", end, float(general[least]), (at[least], at[-1]))]
    if len(task) > 1:
        evidence.append(proof("loss on the task", float(task[-1]), float(task[0]), (task_at[0], at[-1])))
    signs = [
        Sign("a steady rise on general text", True, 2.0),
        Sign("a falling loss on the task", falls),
    ]
    return build(
        "catastrophic_forgetting",
        signs=signs,
        evidence=evidence,
        onset=float(at[least]),
        fix=lower_rate(history),
    )
