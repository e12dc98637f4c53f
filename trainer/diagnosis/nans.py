"""Values that are no numbers: overflow of fp16, and NaN that comes with a divergence."""

import numpy as np
import numpy.typing as npt

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.stats import clean, median

_SCALER_STEPS = 6  # the loss scaler halves itself to a fitting value within the first few steps
_LASTING_ROWS = 3
_LASTING_SHARE = 0.8
_HUGE = 20.0  # times the level: the last loss before an overflow


def lasting_break(broken: npt.NDArray[np.bool_]) -> int | None:
    """The first row of a stretch of broken values that lasts to the end; None if there is none."""
    if not broken.any():
        return None
    for row in np.flatnonzero(broken):
        rest = broken[row:]
        if rest.mean() >= _LASTING_SHARE and rest[-1]:
            return int(row) if len(rest) >= min(_LASTING_ROWS, len(broken)) else None
    return None


def broken_from(history: History) -> int | None:
    """The row from which gradient norm (or, without one, the loss) is lastingly no number."""
    train = history.train
    if train.has("grad_norm"):
        row = lasting_break(train.broken("grad_norm"))
    else:
        row = lasting_break(train.broken("loss") | _fell_to_zero(history))
    return _stopped_on(history) if row is None else row


def _stopped_on(history: History) -> int | None:
    """The last row, where a run was ended by the first loss that was no number; no gradient was taken from it."""
    ended = history.status in {"failed", "died"} and len(history.train) > 1
    if not ended or not history.train.broken("loss")[-1] or np.isfinite(history.grad_norm[-1]):
        return None
    return len(history.train) - 1


def _fell_to_zero(history: History) -> npt.NDArray[np.bool_]:
    """Rows of exact zeros that follow losses that were not: NaN as transformers writes it."""
    zero = history.loss == 0.0
    real = history.is_supervised and median(history.loss[:3], 0.0) > 0.05
    return zero if real else np.zeros_like(zero)


def fp16_overflow_nan(history: History) -> Finding | None:
    """With fp16, the gradient norm becomes NaN and stays so; loss NaN or logged as zero."""
    row = broken_from(history)
    if row is None or history.precision not in {"fp16", None}:
        return None
    if history.number("labels_unmasked_fraction") == 0.0:
        return None  # nothing to learn from explains NaN in any precision
    if history.precision is None and row == 0:
        return None  # without the precision, NaN from the start is as likely a masking fault
    # A cause found in the plan outranks a guess: unknown precision halves the confidence below.
    return build(
        "fp16_overflow_nan",
        signs=_signs(history, row),
        evidence=_evidence(history, row),
        onset=1.0 if row == 0 else float(history.steps[row]),
        fix={"dtype": "bf16"} if "dtype" in history.plan else {"bf16": True, "fp16": False},
    )


def _signs(history: History, row: int) -> list[Sign]:
    loss = history.loss[row:]
    evals = history.evals.broken("eval_loss")
    after = history.evals.steps >= history.steps[row]
    return [
        Sign("fp16", True if history.precision else None, 2.0),
        Sign("a gradient norm that stays NaN", bool(history.train.broken("grad_norm")[row:].any()) or None, 2.0),
        Sign(
            "a loss of NaN or exactly zero with it",
            bool((~np.isfinite(loss) | (loss == 0)).mean() > 0.8),
        ),
        Sign("a finite start", row > 0),
        Sign("NaN in evaluation too", bool(evals[after].any()) if after.any() else None),
    ]


def _evidence(history: History, row: int) -> list[Evidence]:
    span = (float(history.steps[row]), float(history.steps[-1]))
    found = [proof("first step without a finite gradient", float(history.steps[row]), steps=span)]
    before = median(history.loss[:row])
    if np.isfinite(before):
        found.append(proof("loss before it broke", before, steps=(0.0, span[0])))
        top = float(np.nanmax(history.loss[max(0, row - 1) : row + 1], initial=0.0))
        if np.isfinite(top) and top > _HUGE * before:
            found.append(proof("last loss", top, before, span))
    if history.precision:
        found.append(proof("precision", history.precision, "bf16"))
    return found


def diverged_to_nan(history: History) -> Finding | None:
    """Outside fp16, a gradient norm that turns NaN in mid-run is the end of a divergence."""
    row = broken_from(history)
    if row is None or row == 0 or history.precision in {"fp16", None}:
        return None
    if history.number("labels_unmasked_fraction") == 0.0:
        return None
    before = clean(history.loss[max(0, row - 4) : row])
    level = median(history.loss[:row])
    climbing = bool(len(before) and before[-1] > 1.5 * level)
    span = (float(history.steps[row]), float(history.steps[-1]))
    evidence = [
        proof("first step without a finite gradient", span[0], steps=span),
        proof("loss before it", float(before[-1]) if len(before) else level, level, span),
    ]
    signs = [
        Sign("NaN that stays, without fp16", True),
        Sign("a climb before it", climbing, 2.0),
        Sign("a finite start", True),
    ]
    return build("divergence", signs=signs, evidence=evidence, onset=span[0])


def scaler_search(history: History) -> bool:
    """Whether the only broken values are those of fp16's loss scaler finding its value."""
    broken = history.train.broken("grad_norm")
    return bool(broken.any() and history.steps[np.flatnonzero(broken)[-1]] <= _SCALER_STEPS)
