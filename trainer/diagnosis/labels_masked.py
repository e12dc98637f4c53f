"""No token to learn from: NaN or zero losses that come from masked or cut-off labels."""

from typing import Any

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.nans import broken_from, scaler_search
from trainer.diagnosis.stats import median
from trainer.diagnosis.usual import next_power_of_two

_FROM_START = 0.95  # of the rows
_REAL_LOSS = 0.05  # below this a logged zero may be a rounded small loss


def _cut_prompts(history: History) -> bool | None:
    """Whether long prompts alone fill max_length, so that whole answers are cut off."""
    prompts, length = history.number("prompt_tokens_p95"), history.number("max_length")
    rows = history.number("tokens_p95")
    longest = prompts if prompts is not None else rows
    return None if longest is None or length is None else longest > length


def _facts(history: History) -> list[Evidence]:
    found = []
    share = history.number("labels_unmasked_fraction")
    if share is not None:
        found.append(proof("share of tokens that are trained on", share))
    prompts, length = history.number("prompt_tokens_p95"), history.number("max_length")
    if prompts is not None and length is not None and prompts > length:
        found.append(proof("prompt length (95 of 100 rows are shorter)", prompts, length))
    return found


def _fix(history: History) -> dict[str, Any]:
    prompts, length = history.number("prompt_tokens_p95"), history.number("max_length")
    if prompts is None or length is None or prompts <= length:
        return {}
    return {"max_length": next_power_of_two(prompts)}


def zero_loss_labels_masked(history: History) -> Finding | None:
    """Loss exactly 0 and gradient norm exactly 0 from the first log on."""
    loss, norm = history.loss, history.grad_norm
    if not history.is_supervised or len(loss) < 3 or not (loss == 0).mean() >= _FROM_START:
        return None
    if history.train.has("grad_norm") and not (norm == 0).mean() >= _FROM_START:
        return None
    span = (float(history.steps[0]), float(history.steps[-1]))
    evidence = [proof("loss", 0.0, steps=span), *_facts(history)]
    if history.train.has("grad_norm"):
        evidence.append(proof("gradient norm", 0.0, steps=span))
    share = history.number("labels_unmasked_fraction")
    signs = [
        Sign("a loss of exactly zero from the first log", True, 3.0),
        Sign("a gradient norm of exactly zero", True if history.train.has("grad_norm") else None),
        Sign("no unmasked label in the data", None if share is None else share == 0.0),
    ]
    return build("zero_loss_labels_masked", signs=signs, evidence=evidence, onset=1.0, fix=_fix(history))


def nan_labels_masked(history: History) -> Finding | None:
    """NaN from the first step with nothing unmasked, or in some windows with finite gradients."""
    if not history.is_supervised or len(history.loss) < 3 or scaler_search(history):
        return None
    return _from_the_start(history) or _now_and_then(history)


def _from_the_start(history: History) -> Finding | None:
    if broken_from(history) != 0:
        return None
    share = history.number("labels_unmasked_fraction")
    if history.precision == "fp16" and share != 0.0:
        return None
    steps = history.steps
    evidence = [
        proof("loss", "no number", steps=(float(steps[0]), float(steps[-1]))),
        *_facts(history),
    ]
    signs = [
        Sign("NaN from the first log", True),
        Sign("no unmasked label in the data", None if share is None else share == 0.0, 2.0),
        Sign("no fp16", history.precision != "fp16" if history.precision else None),
    ]
    return build("nan_labels_masked", signs=signs, evidence=evidence, onset=1.0, fix=_fix(history))


def _now_and_then(history: History) -> Finding | None:
    train = history.train
    hidden = (history.loss == 0.0) & (median(history.loss) > _REAL_LOSS)
    missing = train.broken("loss") | hidden
    healthy_norm = np.isfinite(history.grad_norm) & (history.grad_norm > 0)
    rows = np.flatnonzero(missing & healthy_norm)
    if not len(rows) or (len(rows) < 2 and not train.broken("loss").any()):
        return None
    onset = float(history.steps[rows[0]])
    share = history.number("labels_unmasked_fraction")
    evidence = [
        proof("number of logs without a loss", float(len(rows)), steps=(onset, history.last_step)),
        proof("gradient norm there", median(history.grad_norm[rows]), median(history.grad_norm)),
        *_facts(history),
    ]
    signs = [
        Sign("NaN in some windows only", bool(np.isfinite(history.loss).any()), 2.0),
        Sign("finite gradients there", True, 2.0),
        Sign("prompts longer than max_length", _cut_prompts(history)),
        Sign("a small unmasked share", None if share is None else share < 0.25),
    ]
    return build("nan_labels_masked", signs=signs, evidence=evidence, onset=onset, fix=_fix(history))
