"""What the model is fed: template, new tokens, cut rows, scale of the logged loss."""

from math import erf, log, sqrt

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import Floats, History
from trainer.diagnosis.stats import clean, head, median, smooth, spread, tail
from trainer.diagnosis.usual import chance_loss, learning_rates, next_power_of_two

_HIGH_START, _HIGH_END = 4.0, 1.9  # nats; instruct models start at 1 to 2.5 on fitting text
_HINTED_START, _HINTED_END = 3.2, 1.6  # when the plan itself names a foreign template
_BLIND_START, _BLIND_END = 4.5, 2.2  # when the size of the model is not known
_SMALLEST_B = 0.3  # billions; smaller models have high losses of their own
_NEW_TOKEN_START = 5.0
_OVER_CHANCE = 1.05  # times ln(vocabulary): worse than guessing needs embeddings that mislead
_WIDELY_READ_B = 0.05  # billions; from here on models were trained on text of all kinds
_MISREAD = 1.25  # times ln(vocabulary), at the first step: a fitting model may be surprised, not sure of the wrong word
_LARGEST_VOCABULARY = 12.5  # ln of 260,000 tokens, the largest in use
_CUT_SHARE = 0.2  # of the rows; a few per cent is the normal tail of lengths
_P95 = 1.645  # standard deviations of the 95th percentile
_SCALE_TOLERANCE = 0.3


def _high_start(history: History) -> tuple[float, float] | None:
    """Loss at the start and at the end, if the run is one whose loss can be judged in nats."""
    if not history.is_supervised or len(clean(history.loss)) < 6 or loss_scale(history):
        return None
    return float(np.max(clean(history.loss)[:2])), tail(history.loss)


def _untrained_tokens(history: History) -> bool | None:
    """Whether tokens were added whose embeddings are not trained or start at random."""
    added = history.number("new_tokens_added")
    if added is None:
        return None
    if added <= 0:
        return False
    saved = history.plan.get("modules_to_save")
    trained = isinstance(saved, list | tuple) and any("embed" in str(m) for m in saved)
    init = history.text("embedding_init")
    return not trained or init == "random"


def _rate_is_high(history: History) -> bool:
    usual, peak = learning_rates(history), history.peak_lr
    return usual is not None and peak is not None and peak > 2 * usual.high


def loss_high_start_new_tokens(history: History) -> Finding | None:
    """Starts at 7 to hundreds with huge gradients and is still high after long training."""
    ends = _high_start(history)
    untrained = _untrained_tokens(history)
    if ends is None or untrained is False:
        return None
    start, end = ends
    chance = chance_loss(history)
    worse = start > _OVER_CHANCE * (chance or _LARGEST_VOCABULARY)
    if start < _NEW_TOKEN_START or end < _HIGH_END or not (untrained or worse):
        return None
    norm = head(history.grad_norm)
    later = tail(history.grad_norm)
    if untrained is None and (_rate_is_high(history) or norm < 3 * later):
        return None  # a learning rate gone wild looks alike, but keeps its gradients large
    span = (float(history.steps[0]), float(history.steps[-1]))
    evidence = [proof("loss at the start", start, chance, span), proof("loss at the end", end)]
    if np.isfinite(norm) and np.isfinite(later):
        evidence.append(proof("gradient norm at the start", norm, later))
    added = history.number("new_tokens_added")
    if added:
        evidence.append(proof("number of new tokens", added))
    signs = [
        Sign("new tokens without trained embeddings", untrained, 2.0),
        Sign("a start worse than guessing", worse),
        Sign("a loss that stays high", True),
        Sign("large gradients at the start", norm > 3 * later if np.isfinite(later) else None),
    ]
    lora = history.tuning != "full"
    return build(
        "loss_high_start_new_tokens",
        signs=signs,
        evidence=evidence,
        onset=1.0,
        fix={"modules_to_save": ["embed_tokens", "lm_head"]} if lora else {},
    )


def _foreign_template(history: History) -> bool | None:
    """Whether the plan names a chat template (or tokenizer) that is not the model's own."""
    template = history.text("chat_template")
    if template is None:
        return None
    plain = template.strip().lower()
    return not (plain.startswith(("model", "default", "own")) or plain == "")


def _judgeable(history: History) -> bool:
    """Whether a start of several nats would be strange for this model."""
    if history.params_b is not None:
        return history.params_b >= _SMALLEST_B
    name = (history.text("base_model") or "").lower()
    return any(mark in name for mark in ("instruct", "chat", "-it"))


def _misread_from_the_start(history: History) -> Finding | None:
    """Before any weight has moved the loss is far worse than guessing: the ids mean other words to this model."""
    chance, loss = chance_loss(history), history.loss
    if chance is None or history.steps[0] > 1 or not loss[0] > _MISREAD * chance:
        return None
    if (history.params_b or 0.0) < _WIDELY_READ_B:
        return None  # a tiny model is as lost in a language that it never saw
    evidence = [proof("loss before the first change", float(loss[0]), chance, (1.0, 1.0))]
    signs = [
        Sign("a first loss far worse than guessing every token", True, 2.0),
        Sign("no weight moved yet", True),
        Sign("a template that is not the model's own", _foreign_template(history)),
    ]
    return build("loss_high_start_template", signs=signs, evidence=evidence, onset=1.0)


def loss_high_start_template(history: History) -> Finding | None:
    """Starts at 4 to 10, falls fast, levels off clearly above the usual."""
    ends = _high_start(history)
    foreign = _foreign_template(history)
    if ends is None or history.method == "cpt" or _untrained_tokens(history):
        return None
    start, end = ends
    if (worse := _misread_from_the_start(history)) is not None:
        return worse
    known = history.params_b is not None
    least = (_HIGH_START, _HIGH_END) if known else (_BLIND_START, _BLIND_END)
    if foreign:
        least = (_HINTED_START, _HINTED_END)
    elif not _judgeable(history):
        return None
    half = median(history.loss[len(history.loss) // 2 :])
    settled = end > 0.8 * half
    if start < least[0] or end < least[1] or end > 0.85 * start or not settled:
        return None
    span = (float(history.steps[0]), float(history.steps[-1]))
    evidence = [
        proof("loss at the start", start, "1 to 2.5", span),
        proof("loss at the end", end, "about 1"),
    ]
    template = history.text("chat_template")
    if template:
        evidence.append(proof("chat template", template, "the model's own"))
    signs = [
        Sign("a start of several nats", True),
        Sign("a fast fall that levels off high", True),
        Sign("a template that is not the model's own", foreign, 2.0),
    ]
    return build("loss_high_start_template", signs=signs, evidence=evidence, onset=1.0)


def cut_share(history: History) -> float | None:
    """Share of rows longer than max_length: as given, else from the length percentiles.

    Lengths of texts are close to log-normal, so two percentiles give the rest.
    """
    given = history.number("truncated_fraction")
    if given is not None:
        return given
    length, p50, p95 = (history.number(n) for n in ("max_length", "tokens_p50", "tokens_p95"))
    if not length or not p95:
        return None
    if not p50:
        mean = history.number("tokens_mean")
        p50 = mean * 0.82 if mean else None  # median of a log-normal with the usual spread
    if not p50 or p50 <= 0 or length <= 0 or p95 <= p50:
        return None
    sigma = log(p95 / p50) / _P95
    return 0.5 * (1 - erf(log(length / p50) / (sigma * sqrt(2))))


def truncated_data(history: History) -> Finding | None:
    """A large share of rows is longer than max_length."""
    share = cut_share(history)
    length, p95 = history.number("max_length"), history.number("tokens_p95")
    if share is None or share < _CUT_SHARE:
        return None
    if history.method == "cpt" and history.flag("packing"):
        return None  # running text is cut into blocks by design; nothing is lost
    given = history.number("truncated_fraction") is not None
    evidence = [proof("share of rows cut off", share)]
    p50 = history.number("tokens_p50")
    if length:
        for what, value in (("usual row length", p50), ("length of long rows", p95)):
            if value:
                evidence.append(proof(f"{what} in tokens", value, length))
    signs = [
        Sign("a large share of cut rows", True, 2.0),
        Sign("the share was measured", given or None),
        Sign("the usual row is longer than max_length", p50 > length if p50 and length else None),
    ]
    fix = {"max_length": next_power_of_two(p95)} if p95 and length and p95 > length else {}
    return build("truncated_data", signs=signs, evidence=evidence, onset=1.0, fix=fix)


def loss_scale(history: History) -> float | None:
    """How many times the logged loss is too large, if that fits the accumulation steps.

    Compared with the eval loss from the first evaluations on, else with the logged entropy,
    which for a fitted model is close to the loss per token.
    """
    steps = history.number("gradient_accumulation_steps")
    if not history.is_supervised or (steps is not None and steps < 2):
        return None
    at, evals = history.evals.finite("eval_loss")
    train_at, train = history.train.finite("loss")
    if len(at) >= 2 and len(train_at) >= 3:
        ratio = np.interp(at, train_at, smooth(train)) / np.maximum(evals, 1e-9)
    else:
        ratio = history.loss / history.train.column("entropy")
    ratio = clean(ratio)
    if len(ratio) < 2:
        return None
    steps = steps or _whole_ratio(ratio)
    if steps is None:
        return None
    fits = np.abs(np.log(np.maximum(ratio, 1e-9) / steps)) < _SCALE_TOLERANCE
    return float(np.median(ratio)) if fits[0] and fits.mean() >= 0.8 else None


def _whole_ratio(ratio: Floats) -> float | None:
    """The whole number at which a ratio stays, if it is two or more and hardly moves."""
    middle = float(np.median(ratio))
    whole = float(round(middle))
    steady = len(ratio) >= 3 and spread(ratio) < 0.25 * middle
    return whole if steady and whole >= 2 and abs(middle / whole - 1) < 0.15 else None


def loss_scaled_by_grad_accum(history: History) -> Finding | None:
    """Train loss about GA times the eval loss from the first log on."""
    scale = loss_scale(history)
    steps = history.number("gradient_accumulation_steps")
    if scale is None:
        return None
    _, evals = history.evals.finite("eval_loss")
    evidence = [
        proof("train loss", median(history.loss), median(evals) if len(evals) else None),
        proof("ratio of the two", scale, steps),
    ]
    signs = [
        Sign("a ratio that fits the accumulation steps", True if steps else None, 2.0),
        Sign("the ratio is there from the first log", True),
        Sign("an eval loss to compare with", len(evals) >= 2),
    ]
    return build("loss_scaled_by_grad_accum", signs=signs, evidence=evidence, onset=1.0)
